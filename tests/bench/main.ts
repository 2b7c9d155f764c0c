/**
 * Measures this toolkit's proxy, nginx and others in turn on the same upstream: CPU time per request. `--help` tells
 * the options, docs/performance.md how to read the figures.
 *
 * ```sh
 * deno run -A tests/bench/main.ts --sizes 130,10k,100k,1m --connections 1,32,1000 --tls
 * ```
 *
 * @module
 */

import { judge } from "./check.ts";
import { readEnvironment } from "./environment.ts";
import { describeCase } from "./load_case.ts";
import { type BenchOptions, HELP, parseOptions } from "./options.ts";
import { ROOT } from "./paths.ts";
import { readCpuPlan } from "./process/cpus.ts";
import { capture, findProgram } from "./process/programs.ts";
import { faultLines, idleTable, loadTable, soakTable } from "./report/figures.ts";
import { type Findings, findingsMarkdown } from "./report/markdown.ts";
import { writePage } from "./report/page.ts";
import { textTable } from "./report/text.ts";
import { measureAll, type Measured } from "./measure_all.ts";
import { summarise } from "./summary.ts";
import { BASELINE, createTargets } from "./targets/mod.ts";

const OK = 0;
const FAILED = 1;
const BAD_OPTIONS = 2;
const INTERRUPTED = 130;
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs the command and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    console.error(`${error.message}\nTry --help`);
    return BAD_OPTIONS;
  }
  if (options.help) {
    console.log(HELP);
    return OK;
  }

  const abort = new AbortController();
  const stop = () => abort.abort();
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, stop);
  try {
    return await run(options, args, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) {
      console.error("Interrupted");
      return INTERRUPTED;
    }
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  } finally {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, stop);
  }
}

async function run(
  options: BenchOptions,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  if (Deno.build.os !== "linux") {
    throw new Error("Cannot measure: CPU times come from Linux' /proc");
  }
  const targets = createTargets(options.proxy).filter(({ name }) => options.targets.includes(name));
  const cpus = await readCpuPlan();
  const environment = await readEnvironment({ args, targets, cpus });
  // The bench itself must not run where the proxies do.
  const taskset = await findProgram("taskset");
  await capture(taskset, ["--all-tasks", "--cpu-list", "--pid", cpus.load, `${Deno.pid}`]);

  const measured = await measureAll(options, { targets, cpus, signal });
  const summaries = summarise(measured.samples, BASELINE);
  const findings: Findings = {
    environment,
    targets,
    summaries,
    idle: measured.idle,
    soak: measured.soak,
  };
  const faults = faultLines(summaries, measured.idle, measured.soak);
  const verdicts = options.checks.flatMap((check) => judge(check, measured.samples));
  printFindings(findings);
  for (const fault of faults) console.log(`INVALID ${fault}`);
  for (const { holds, text } of verdicts) console.log(`${holds ? "ok" : "FAILED"} ${text}`);

  if (options.json !== null) await writeJson(options.json, findings, measured);
  if (options.write && faults.length > 0) {
    throw new Error("Cannot write docs/performance.md: the run is invalid");
  }
  if (options.write) {
    await writePage(`${ROOT}/docs/performance.md`, findingsMarkdown(findings), options.section);
  }
  return faults.length > 0 || verdicts.some(({ holds }) => !holds) ? FAILED : OK;
}

function printFindings({ environment, summaries, idle, soak }: Findings): void {
  const { machine, cpus, load, versions } = environment;
  console.log(`${machine}; ${cpus}\n${load}`);
  for (const [name, version] of Object.entries(versions)) console.log(`${name}: ${version}`);
  for (const summary of summaries) {
    console.log(`\n${describeCase(summary.loadCase)}\n${textTable(loadTable(summary))}`);
  }
  if (idle.length > 0) console.log(`\nidle connections\n${textTable(idleTable(idle))}`);
  if (soak.length > 0) console.log(`\na long load\n${textTable(soakTable(soak))}`);
  console.log();
}

async function writeJson(path: string, { environment, summaries }: Findings, measured: Measured) {
  const text = JSON.stringify({ environment, summaries, ...measured }, null, 2);
  await Deno.writeTextFile(path, `${text}\n`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
