import { describeCase, type LoadCase } from "./load_case.ts";
import { ratios, type Spread, spread } from "./statistics.ts";

/** One target measured once under one load. */
export interface Sample {
  readonly target: string;
  readonly loadCase: LoadCase;
  /** Which round, from 1. */
  readonly round: number;
  /** CPU time of the proxy, user and system, divided by the requests. */
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Most resident memory during the load. */
  readonly peakBytes: number;
  /** Answers that the clients got. */
  readonly requests: number;
  /** Requests that the upstream got. */
  readonly upstreamRequests: number;
  /** What makes the sample invalid; empty where nothing does. */
  readonly faults: readonly string[];
}

/** The samples of one case, in the order of their rounds. */
export function samplesOf(
  samples: readonly Sample[],
  { scheme, bodyBytes, connections }: LoadCase,
): Sample[] {
  return samples.filter(({ loadCase }) =>
    loadCase.scheme === scheme && loadCase.bodyBytes === bodyBytes &&
    loadCase.connections === connections
  ).toSorted((a, b) => a.round - b.round);
}

/** The cases that samples are about, each once, in the order of their first samples. */
export function casesOf(samples: readonly Sample[]): LoadCase[] {
  return [...new Map(samples.map(({ loadCase }) => [describeCase(loadCase), loadCase])).values()];
}

/**
 * Ratio of the CPU time per request of two targets in one case, taken round by round; null where one was not measured.
 */
export function cpuRatio(
  samples: readonly Sample[],
  { target, against }: { readonly target: string; readonly against: string },
): Spread | null {
  const [own, base] = [target, against].map((name) =>
    samples.filter((each) => each.target === name).map((each) => each.cpuMicrosPerRequest)
  );
  if (own === undefined || base === undefined || own.length === 0 || base.length === 0) return null;
  return spread(ratios(own, base));
}
