import type { Sample } from "./sample.ts";

/** A clean sample of 130 B over 32 connections where nothing else is said. */
export function sample(
  target: string,
  cpuMicrosPerRequest: number,
  rest: Partial<Sample> = {},
): Sample {
  return {
    target,
    loadCase: { scheme: "http", bodyBytes: 130, connections: 32 },
    round: 1,
    cpuMicrosPerRequest,
    requestsPerSecond: 40_000,
    p50Ms: 0.5,
    p99Ms: 2,
    peakBytes: 50 * 1024 ** 2,
    requests: 120_000,
    upstreamRequests: 120_010,
    faults: [],
    ...rest,
  };
}
