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
  return (entry) => {
    let line =
      `{"time":"${time.at(entry.time)}","id":${quote(entry.id)},"client":${
        quote(entry.client)
      },"method":${quote(entry.method)},"target":${
        quote(entry.target)
      },"scheme":"${entry.scheme}"` +
      `,"host":${quote(entry.host)},"protocol":"${entry.protocol}","status":${entry.status}` +
      `,"sentBytes":${known(entry.sentBytes)},"receivedBytes":${entry.receivedBytes}` +
      `,"durationMs":${known(entry.durationMs)},"upstream":${quoteOrNull(entry.upstream)}` +
      `,"upstreamConnectMs":${known(entry.upstreamConnectMs)}` +
      `,"upstreamHeadMs":${known(entry.upstreamHeadMs)},"attempts":${entry.attempts}` +
      `,"error":${quoteOrNull(entry.error)},"userAgent":${quoteOrNull(entry.userAgent)}` +
      `,"referer":${quoteOrNull(entry.referer)}`;
    const { user, requestHeaders, responseHeaders } = entry;
    if (user !== null) line += `,"user":${quote(user)}`;
    if (!isEmpty(requestHeaders)) line += `,"requestHeaders":${JSON.stringify(requestHeaders)}`;
    if (!isEmpty(responseHeaders)) line += `,"responseHeaders":${JSON.stringify(responseHeaders)}`;
    return `${line}}`;
  };
}

// Measured: this test costs less than JSON.stringify, and most texts need no escape.
const UNSAFE = /["\\]|[^\x20-\x7e]/;

function quote(text: string): string {
  return UNSAFE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function quoteOrNull(text: string | null): string {
  return text === null ? "null" : quote(text);
}

/** Microseconds are enough; -1 stands for what is not known. */
function known(value: number): string {
  return value < 0 ? "null" : String(Math.round(value * 1000) / 1000);
}

function isEmpty(record: Readonly<Record<string, string>>): boolean {
  for (const _ in record) return false;
  return true;
}
