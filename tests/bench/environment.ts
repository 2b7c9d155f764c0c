import { ROOT } from "./paths.ts";
import { capture, findProgram } from "./process/programs.ts";
import type { CpuPlan } from "./process/cpus.ts";
import type { Target } from "./targets/mod.ts";

/** Where and with what something was measured. */
export interface Environment {
  /** Day of the run, such as `2026-03-31`. */
  readonly date: string;
  /** The command, as one types it in the checkout. */
  readonly command: string;
  /** Commit of the checkout. */
  readonly commit: string;
  /** Processor, memory and kernel. */
  readonly machine: string;
  /** Which CPUs did what. */
  readonly cpus: string;
  /** What loaded, and what answered. */
  readonly load: string;
  /** Version of each target, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Options of {@linkcode readEnvironment}. */
export interface EnvironmentOptions {
  /** Arguments of the command. */
  readonly args: readonly string[];
  readonly targets: readonly Target[];
  readonly cpus: CpuPlan;
}

/** Finds out where and with what it is measured; throws where a target is not installed. */
export async function readEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { args, targets, cpus } = options;
  const versions: Record<string, string> = {};
  for (const target of targets) versions[target.name] = await target.version();
  const nginx = await capture(await findProgram("nginx"), ["-v"]);
  const quoted = args.map((each) => /^[\w.,:=/@-]+$/.test(each) ? each : `'${each}'`);
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ["deno run -A tests/bench/main.ts", ...quoted].join(" "),
    commit: await readCommit(),
    machine: await readMachine(),
    cpus: cpus.proxy === cpus.load
      ? "one for proxy, load and upstream: requests per second mean little"
      : `CPU ${cpus.proxy} for the proxy, CPU ${cpus.load} for load and upstream`,
    load: `${await wrkVersion()}, upstream ${nginx.replace(/^nginx version: /, "")}`,
    versions,
  };
}

async function readMachine(): Promise<string> {
  const cpuInfo = await Deno.readTextFile("/proc/cpuinfo");
  const model = /^model name\s*: (.+)$/m.exec(cpuInfo)?.[1] ?? Deno.build.arch;
  const cpus = cpuInfo.match(/^processor\s*:/gm)?.length ?? 1;
  const memory = Math.round(Deno.systemMemoryInfo().total / 1024 ** 3);
  const kernel = Deno.osRelease().replace(/-.*/, "");
  return `${model}, ${cpus} CPUs, ${memory} GiB, Linux ${kernel}`;
}

/** wrk has no option that shows its version and ends well: its help names it. */
async function wrkVersion(): Promise<string> {
  const program = await findProgram("wrk");
  const { stdout, stderr } = await new Deno.Command(program, { args: ["-v"] }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return `wrk/${/^wrk (?:debian\/)?(\S+)/m.exec(text)?.[1] ?? "unknown"}`;
}

async function readCommit(): Promise<string> {
  try {
    const commit = await capture("git", ["-C", ROOT, "rev-parse", "--short", "HEAD"]);
    const changes = await capture("git", [
      "-C",
      ROOT,
      "status",
      "--porcelain",
      "--untracked-files=no",
    ]);
    return changes === "" ? commit : `${commit} with changes`;
  } catch {
    return "unknown";
  }
}
