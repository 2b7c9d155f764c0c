import type { LoadCase } from "./load_case.ts";
import { casesOf, cpuRatio, type Sample, samplesOf } from "./sample.ts";
import { median, type Spread, spread } from "./statistics.ts";

/** One target under one load, over all rounds. */
export interface TargetSummary {
  readonly target: string;
  readonly cpuMicrosPerRequest: Spread;
  /** CPU time per request against the baseline, round by round; null without a baseline. */
  readonly ratio: Spread | null;
  /** Median of the rounds. */
  readonly requestsPerSecond: number;
  /** Median of the rounds. */
  readonly p50Ms: number;
  /** Median of the rounds. */
  readonly p99Ms: number;
  /** Largest of the rounds. */
  readonly peakBytes: number;
  /** What makes it invalid, each with its round. */
  readonly faults: readonly string[];
}

/** One kind of load and how every target took it. */
export interface CaseSummary {
  readonly loadCase: LoadCase;
  readonly targets: readonly TargetSummary[];
}

/** Brings the rounds together. */
export function summarise(samples: readonly Sample[], baseline: string): CaseSummary[] {
  return casesOf(samples).map((loadCase) => {
    const here = samplesOf(samples, loadCase);
    const names = new Set(here.map((each) => each.target));
    const targets = [...names].map((target) => ({
      ...summariseTarget(here.filter((each) => each.target === target)),
      target,
      ratio: cpuRatio(here, { target, against: baseline }),
    }));
    return { loadCase, targets };
  });
}

function summariseTarget(samples: readonly Sample[]): Omit<TargetSummary, "target" | "ratio"> {
  return {
    cpuMicrosPerRequest: spread(samples.map((each) => each.cpuMicrosPerRequest)),
    requestsPerSecond: median(samples.map((each) => each.requestsPerSecond)),
    p50Ms: median(samples.map((each) => each.p50Ms)),
    p99Ms: median(samples.map((each) => each.p99Ms)),
    peakBytes: Math.max(...samples.map((each) => each.peakBytes)),
    faults: samples.flatMap(({ round, faults }) =>
      faults.map((fault) => `round ${round}: ${fault}`)
    ),
  };
}
