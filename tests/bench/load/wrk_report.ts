/** What `wrk --latency` says at its end. */
export interface WrkReport {
  /** Answers that came whole. */
  readonly requests: number;
  /** Duration as wrk measured it. */
  readonly seconds: number;
  /** Median latency. */
  readonly p50Ms: number;
  /** 99th percentile of the latency. */
  readonly p99Ms: number;
  /** What went wrong, such as `3 read errors`; empty in a clean run. */
  readonly faults: readonly string[];
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads what wrk wrote to its standard output.
 *
 * @throws {SyntaxError} if a figure is missing
 */
export function parseWrkReport(text: string): WrkReport {
  const total = /^\s*(\d+) requests in ([\d.]+)(us|ms|s|m|h),/m.exec(text);
  if (total === null) throw new SyntaxError(`Cannot read report of wrk: no total in "${text}"`);
  const faults: string[] = [];
  const sockets = /^\s*Socket errors: (.+)$/m.exec(text)?.[1] ?? "";
  for (const [, kind, count] of sockets.matchAll(/(\w+) (\d+)/g)) {
    if (count !== "0") faults.push(`${count} ${kind} errors`);
  }
  const refused = /^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(text)?.[1];
  if (refused !== undefined) faults.push(`${refused} answers of 4xx or 5xx`);
  return {
    requests: Number(total[1]),
    seconds: milliseconds(total[2], total[3]) / 1000,
    p50Ms: percentile(text, 50),
    p99Ms: percentile(text, 99),
    faults,
  };
}

function percentile(text: string, percent: number): number {
  const match = new RegExp(`^\\s*${percent}%\\s+([\\d.]+)(us|ms|s|m|h)\\s*$`, "m").exec(text);
  if (match === null) {
    throw new SyntaxError(`Cannot read report of wrk: no ${percent}% in "${text}"`);
  }
  return milliseconds(match[1], match[2]);
}

function milliseconds(value: string | undefined, unit: string | undefined): number {
  return Number(value) * (MS[unit ?? ""] ?? NaN);
}
