import type { IdleSample } from "./idle.ts";
import { IDLE_BODY, runIdle } from "./idle_run.ts";
import type { BenchOptions } from "./options.ts";
import type { CpuPlan } from "./process/cpus.ts";
import { runSoak, type SoakSample } from "./soak.ts";
import { Progress } from "./progress.ts";
import { runRounds } from "./rounds.ts";
import type { Sample } from "./sample.ts";
import { Stage } from "./stage.ts";
import type { Target } from "./targets/mod.ts";

/** All that was measured in one run. */
export interface Measured {
  readonly samples: readonly Sample[];
  readonly idle: readonly IdleSample[];
  readonly soak: readonly SoakSample[];
}

/** Options of {@linkcode measureAll}. */
export interface MeasureAllOptions {
  readonly targets: readonly Target[];
  readonly cpus: CpuPlan;
  /** Ends the run early; everything that it started is ended all the same. */
  readonly signal: AbortSignal;
}

/** Sets the stage, measures what is asked for, and clears up. */
export async function measureAll(
  bench: BenchOptions,
  { targets, cpus, signal }: MeasureAllOptions,
): Promise<Measured> {
  const sizes = new Set([
    ...bench.rounds + bench.soak > 0 ? bench.sizes : [],
    ...bench.idle > 0 ? [IDLE_BODY] : [],
  ]);
  const progress = new Progress();
  try {
    await using stage = await Stage.create({ cpus, sizes: [...sizes], schemes: bench.schemes });
    assertHolds(stage.maxFiles, bench);
    const run = { bench, stage, targets, progress, signal };
    const samples = bench.rounds > 0 ? await runRounds(run) : [];
    const idle = bench.idle > 0 ? await runIdle(run) : [];
    const soak = bench.soak > 0 ? await runSoak(run) : [];
    return { samples, idle, soak };
  } finally {
    progress.clear();
  }
}

function assertHolds(maxFiles: number, bench: BenchOptions): void {
  const most = Math.floor(maxFiles / 2) - 100;
  const wanted = Math.max(...bench.connections);
  if (wanted > most) {
    throw new Error(`Cannot load with ${wanted} connections: ${maxFiles} open files allow ${most}`);
  }
  if (bench.idle > maxFiles - 600) {
    throw new Error(`Cannot hold ${bench.idle} connections: only ${maxFiles} open files allowed`);
  }
}
