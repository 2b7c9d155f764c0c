import { setTimeout as delay } from "node:timers/promises";
import type { LoadCase } from "./load_case.ts";
import { runWrk } from "./load/wrk.ts";
import type { WrkReport } from "./load/wrk_report.ts";
import { cpuMicros, memoryOf, resetPeakMemory } from "./process/process_tree.ts";
import type { ProxyProcess } from "./proxy_process.ts";
import type { Sample } from "./sample.ts";
import type { Upstream } from "./upstream.ts";

/** Options of {@linkcode measure}. */
export interface MeasureOptions {
  readonly proxy: ProxyProcess;
  readonly upstream: Upstream;
  readonly loadCase: LoadCase;
  /** Which round, from 1. */
  readonly round: number;
  /** How long, in seconds. */
  readonly seconds: number;
  /** Path of wrk. */
  readonly wrk: string;
  /** CPUs that wrk runs on. */
  readonly cpus: string;
  readonly signal: AbortSignal;
}

// What was on its way when the last load ended must not be counted here.
const SETTLE_MS = 200;

/** Loads a proxy once and tells what that cost it. */
export async function measure(options: MeasureOptions): Promise<Sample> {
  const { proxy, upstream, loadCase, round, signal } = options;
  await delay(SETTLE_MS, null, { signal });
  await resetPeakMemory(proxy.pid);
  const requestsBefore = await upstream.requests();
  const cpuBefore = await cpuMicros(proxy.pid);
  const report = await loadOnce(options);
  const cpu = await cpuMicros(proxy.pid) - cpuBefore;
  // Asking for the count is a request too.
  const upstreamRequests = await upstream.requests() - requestsBefore - 1;
  proxy.assertRunning();
  const { peak } = await memoryOf(proxy.pid);
  const { requests, seconds, p50Ms, p99Ms } = report;
  return {
    target: proxy.target.name,
    loadCase,
    round,
    cpuMicrosPerRequest: cpu / requests,
    requestsPerSecond: requests / seconds,
    p50Ms,
    p99Ms,
    peakBytes: peak,
    requests,
    upstreamRequests,
    faults: [
      ...report.faults,
      ...countFaults({ requests, upstreamRequests, connections: loadCase.connections }),
      ...(cpu > 0 ? [] : ["no CPU time: too short"]),
    ],
  };
}

/** Options of {@linkcode loadOnce}. */
export type LoadOptions = Omit<MeasureOptions, "round" | "upstream">;

/** Loads a proxy once. */
export async function loadOnce(options: LoadOptions): Promise<WrkReport> {
  const { proxy, loadCase: { bodyBytes, connections }, seconds, wrk, cpus, signal } = options;
  const url = `${proxy.url}/${bodyBytes}`;
  try {
    return await runWrk({ program: wrk, url, connections, seconds, cpus, signal });
  } catch (error) {
    // Where the proxy broke down, that is the news.
    proxy.assertRunning();
    throw error;
  }
}

/**
 * Compares the counts of both ends: every answer must come from the upstream, and no request may reach it twice. At
 * the end of a load each connection has a request on its way, which reaches the upstream but not the count of answers.
 */
export function countFaults(
  { requests, upstreamRequests, connections }: {
    readonly requests: number;
    readonly upstreamRequests: number;
    readonly connections: number;
  },
): string[] {
  if (requests === 0) return ["no answers"];
  if (upstreamRequests < requests) return [`upstream got only ${upstreamRequests} of ${requests}`];
  if (upstreamRequests > requests + 2 * connections) {
    return [`upstream got ${upstreamRequests} requests for ${requests} answers`];
  }
  return [];
}
