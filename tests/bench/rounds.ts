import { allCases, describeCase } from "./load_case.ts";
import { loadOnce, measure } from "./measure.ts";
import type { BenchOptions } from "./options.ts";
import { findProgram } from "./process/programs.ts";
import type { Progress } from "./progress.ts";
import type { ProxyProcess } from "./proxy_process.ts";
import type { Sample } from "./sample.ts";
import type { Stage } from "./stage.ts";
import type { Target } from "./targets/mod.ts";

/** What a run needs. */
export interface RunOptions {
  readonly bench: BenchOptions;
  readonly stage: Stage;
  readonly targets: readonly Target[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The first load of a process lasts so many warm-ups: what compiles itself while it runs does so then. */
const FIRST_WARM_UPS = 3;

/**
 * Loads all targets, round by round. They take turns within each case: the machine's other work then falls on all of
 * them, and what is compared was measured within seconds.
 */
export async function runRounds(options: RunOptions): Promise<Sample[]> {
  const { bench, stage, targets, progress, signal } = options;
  const wrk = await findProgram("wrk");
  await using running = new AsyncDisposableStack();
  const proxies: ProxyProcess[] = [];
  for (const scheme of bench.schemes) {
    for (const target of targets) {
      progress.show(`starting ${target.name}, ${scheme}`);
      proxies.push(running.use(await stage.start(target, scheme, signal)));
    }
  }

  const samples: Sample[] = [];
  const warm = new Set<ProxyProcess>();
  const cases = allCases(bench);
  const total = bench.rounds * cases.length * targets.length;
  for (let round = 1; round <= bench.rounds; round++) {
    for (const loadCase of cases) {
      for (const proxy of proxies.filter((each) => each.scheme === loadCase.scheme)) {
        const turn = `${samples.length + 1} of ${total}`;
        progress.show(`${turn}: ${proxy.target.name}, ${describeCase(loadCase)}`);
        const load = { proxy, loadCase, wrk, cpus: stage.cpus.load, signal };
        if (round === 1 && bench.warmUp > 0) {
          const times = warm.has(proxy) ? 1 : FIRST_WARM_UPS;
          warm.add(proxy);
          await loadOnce({ ...load, seconds: bench.warmUp * times });
        }
        const { upstream } = stage;
        samples.push(await measure({ ...load, upstream, round, seconds: bench.duration }));
      }
    }
  }
  return samples;
}
