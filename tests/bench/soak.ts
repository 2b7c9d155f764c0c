import type { LoadCase } from "./load_case.ts";
import { loadOnce } from "./measure.ts";
import { findProgram } from "./process/programs.ts";
import { memoryOf } from "./process/process_tree.ts";
import type { RunOptions } from "./rounds.ts";
import { SUBJECT } from "./targets/mod.ts";

/** How the memory of one target went under a long load. */
export interface SoakSample {
  readonly target: string;
  readonly loadCase: Omit<LoadCase, "bodyBytes">;
  readonly minutes: number;
  readonly requests: number;
  /** Resident bytes after each of its loads, in order. */
  readonly residentBytes: readonly number[];
  readonly faults: readonly string[];
}

/** One load in seconds; the sizes take turns. */
const LOAD_SECONDS = 10;

/** Loads the toolkit's own proxy for a long time, with all sizes in turn, and looks at its memory again and again. */
export async function runSoak(
  { bench, stage, targets, progress, signal }: RunOptions,
): Promise<SoakSample[]> {
  const wrk = await findProgram("wrk");
  const samples: SoakSample[] = [];
  const [scheme] = bench.schemes;
  const [connections] = bench.connections;
  const loads = Math.ceil(bench.soak * 60 / LOAD_SECONDS);
  for (const target of targets.filter(({ name }) => name === SUBJECT)) {
    await using proxy = await stage.start(target, scheme, signal);
    const residentBytes: number[] = [];
    const faults: string[] = [];
    let requests = 0;
    for (let load = 0; load < loads; load++) {
      progress.show(`soak: ${target.name}, ${load + 1} of ${loads}`);
      const loadCase = { scheme, connections, bodyBytes: bench.sizes[load % bench.sizes.length] };
      const cpus = stage.cpus.load;
      const report = await loadOnce({ proxy, loadCase, seconds: LOAD_SECONDS, wrk, cpus, signal });
      requests += report.requests;
      faults.push(...report.faults);
      residentBytes.push((await memoryOf(proxy.pid)).now);
    }
    const loadCase = { scheme, connections };
    const { name } = target;
    samples.push({ target: name, loadCase, minutes: bench.soak, requests, residentBytes, faults });
  }
  return samples;
}
