import { type Random, systemRandom } from "../../timeout/mod.ts";
import { type Exchange, isToken } from "../http/mod.ts";
import { arrivalOf, entryOf, type EntryOptions } from "./_entry.ts";
import { makeObserver } from "./_make_observer.ts";
import { secretHeaders } from "./_redact.ts";
import type { AccessLogEntry } from "./access_log_entry.ts";
import { combinedFormat } from "./combined_format.ts";
import type { ExchangeObserver } from "./exchange_observer.ts";
import { jsonFormat } from "./json_format.ts";
import type { LineSink } from "./line_sink.ts";

/**
 * Makes a line of an entry; null for none. The exchange is given for the user's own state: its header
 * fields are not redacted, those of the entry are.
 */
export type AccessLogFormat = (entry: AccessLogEntry, exchange: Exchange) => string | null;

/** Options of {@linkcode accessLog}. */
export interface AccessLogOptions {
  /**
   * `combined` as nginx and Apache write it, `json`, or an own function.
   *
   * @default {"combined"}
   */
  format?: "combined" | "json" | AccessLogFormat;
  /**
   * Names of fields of the request that are written too (`json`, own formats).
   *
   * @default {[]}
   */
  requestHeaders?: readonly string[];
  /**
   * Names of fields of the response that are written too (`json`, own formats).
   *
   * @default {[]}
   */
  responseHeaders?: readonly string[];
  /**
   * Names of fields that are never written, besides Authorization, Proxy-Authorization, Cookie and
   * Set-Cookie: `[redacted]` stands in their place, also where they are asked for.
   *
   * @default {[]}
   */
  redact?: readonly string[];
  /**
   * Who the client is, as a middleware has found out. The name in an Authorization field is not taken:
   * nobody has checked it, and some put a key there.
   *
   * @default {nobody}
   */
  user?: (exchange: Exchange) => string | null;
  /**
   * The share of exchanges that is written, from 0 to 1. What failed, or has a status from 500 on, is
   * written always.
   *
   * @default {1}
   */
  sample?: number;
  /** The chance that sampling draws from. */
  random?: Random;
}

/**
 * Writes one line for each exchange, when it has ended, whatever way it did.
 *
 * The sink is the caller's, who flushes it at the end: see {@linkcode LineWriter}.
 *
 * @throws {TypeError} when the format is unknown or the name of a field is not a token
 * @throws {RangeError} when `sample` is not from 0 to 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { accessLog, compose, reply, toFetch } from "@pingo/pingo/core";
 *
 * const lines: string[] = [];
 * const sink = { write: (line: string) => void lines.push(line) };
 * const log = accessLog(sink, { format: ({ method, status }) => `${method} ${status}` });
 * const fetch = toFetch(compose([log], () => reply(204)));
 * await fetch(new Request("http://localhost/"));
 * assertEquals(lines, ["GET 204"]);
 * ```
 */
export function accessLog(sink: LineSink, options: AccessLogOptions = {}): ExchangeObserver {
  const { sample = 1, random = systemRandom } = options;
  const format = formatOf(options.format ?? "combined");
  const entryOptions: EntryOptions = {
    requestHeaders: fieldNames(options.requestHeaders ?? []),
    responseHeaders: fieldNames(options.responseHeaders ?? []),
    secretHeaders: secretHeaders(fieldNames(options.redact ?? [])),
    user: options.user,
  };
  if (!(sample >= 0 && sample <= 1)) {
    throw new RangeError(`Cannot make an access log: sample ${sample} is not from 0 to 1`);
  }

  return makeObserver((exchange) => {
    const arrival = arrivalOf(exchange, entryOptions);
    exchange.onEnd((end) => {
      const isKept = sample === 1 || end.error !== null || end.status >= 500 || random() < sample;
      if (!isKept) return;
      const line = format(entryOf(arrival, exchange, end, entryOptions), exchange);
      if (line !== null) sink.write(line);
    });
  });
}

function formatOf(format: "combined" | "json" | AccessLogFormat): AccessLogFormat {
  if (typeof format === "function") return format;
  if (format === "combined") return combinedFormat();
  if (format === "json") return jsonFormat();
  throw new TypeError(`Cannot make an access log: there is no format "${format}"`);
}

function fieldNames(names: readonly string[]): string[] {
  return names.map((name) => {
    if (isToken(name)) return name.toLowerCase();
    throw new TypeError(
      `Cannot make an access log: ${JSON.stringify(name)} is not the name of a field`,
    );
  });
}
