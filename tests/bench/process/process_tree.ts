import { MICROS_PER_TICK, parseProcessStat, type ProcessStat } from "./process_stat.ts";
import { parseProcessMemory } from "./process_memory.ts";

/** A process and everything below it, out of a list of all processes; empty where the root is gone. */
export function descend(all: readonly ProcessStat[], root: number): ProcessStat[] {
  const tree = all.filter((each) => each.pid === root);
  // The list grows while it is walked: that makes it breadth first.
  for (const parent of tree) tree.push(...all.filter((each) => each.parent === parent.pid));
  return tree;
}

/** The process and everything below it, as it is now. */
export async function processTree(root: number): Promise<ProcessStat[]> {
  const all: ProcessStat[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const line = await readIfThere(`/proc/${entry.name}/stat`);
    if (line !== null) all.push(parseProcessStat(line));
  }
  return descend(all, root);
}

/** CPU time that a process tree has used since it started, in microseconds. */
export async function cpuMicros(root: number): Promise<number> {
  const tree = await processTree(root);
  return tree.reduce((sum, each) => sum + each.cpuTicks, 0) * MICROS_PER_TICK;
}

/** Resident memory of a process tree in bytes. What its processes share is counted in each. */
export async function memoryOf(root: number): Promise<{ now: number; peak: number }> {
  let now = 0;
  let peak = 0;
  for (const { pid } of await processTree(root)) {
    const status = await readIfThere(`/proc/${pid}/status`);
    const memory = status === null ? null : parseProcessMemory(status);
    now += memory?.residentBytes ?? 0;
    peak += memory?.peakBytes ?? 0;
  }
  return { now, peak };
}

/** Makes the peak of the resident memory start anew from what is resident now. */
export async function resetPeakMemory(root: number): Promise<void> {
  // 5 resets VmHWM, see proc_pid_clear_refs(5).
  for (const { pid } of await processTree(root)) {
    await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5", { create: false });
  }
}

/** A process may end between the listing and the reading. */
async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    // ESRCH, a process that ends during the read, is not one of Deno's error classes.
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return null;
    throw error;
  }
}
