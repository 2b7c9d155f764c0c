import { IsoTimeCache } from "./_log_time.ts";
import type { AccessLogEntry } from "./access_log_entry.ts";

/**
 * One JSON object a line, with the same names in the same order in each, `null` for what is not there.
 * `user`, `requestHeaders` and `responseHeaders` appear only where there is something in them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { accessLog, compose, reply, toFetch } from "@pingo/pingo/core";
 *
 * const lines: string[] = [];
 * const log = accessLog({ write: (line) => void lines.push(line) }, { format: "json" });
 * const fetch = toFetch(compose([log], () => reply(200, "hello")));
 * await (await fetch(new Request("http://localhost/a?b"))).text();
 * const { method, target, status, sentBytes, error } = JSON.parse(lines[0]);
 * assertEquals([method, target, status, sentBytes, error], ["GET", "/a?b", 200, 5, null]);
 * ```
 */
export function jsonFormat(): (entry: AccessLogEntry) => string {
  const time = new IsoTimeCache();
  // JSON.stringify: measured, putting the line together by hand is no faster.
  return (entry) =>
    JSON.stringify({
      time: time.at(entry.time),
      id: entry.id,
      client: entry.client,
      method: entry.method,
      target: entry.target,
      scheme: entry.scheme,
      host: entry.host,
      protocol: entry.protocol,
      status: entry.status,
      sentBytes: known(entry.sentBytes),
      receivedBytes: entry.receivedBytes,
      durationMs: known(entry.durationMs),
      upstream: entry.upstream,
      upstreamConnectMs: known(entry.upstreamConnectMs),
      upstreamHeadMs: known(entry.upstreamHeadMs),
      attempts: entry.attempts,
      error: entry.error,
      userAgent: entry.userAgent,
      referer: entry.referer,
      user: entry.user ?? undefined,
      requestHeaders: present(entry.requestHeaders),
      responseHeaders: present(entry.responseHeaders),
    });
}

/** Microseconds are enough; -1 stands for what is not known. */
function known(value: number): number | null {
  return value < 0 ? null : Math.round(value * 1000) / 1000;
}

function present(
  record: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  for (const _ in record) return record;
  return undefined;
}
