import { type Exchange, type ExchangeEnd, type HeaderMap, peerAddress } from "../http/mod.ts";
import { REDACTED } from "./_redact.ts";
import type { AccessLogEntry } from "./access_log_entry.ts";

/** What is the same for all entries of a log. */
export interface EntryOptions {
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly secretHeaders: ReadonlySet<string>;
  readonly user: ((exchange: Exchange) => string | null) | undefined;
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

const PROTOCOLS = { "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0" } as const;

/**
 * One entry: what a filter may change of the request is kept from the beginning, the rest is read from
 * the exchange when a format asks for it.
 */
export class ExchangeEntry implements AccessLogEntry {
  readonly method: string;
  readonly target: string;
  readonly scheme: string;
  readonly host: string;
  readonly protocol: string;
  readonly userAgent: string | null;
  readonly referer: string | null;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly #exchange: Exchange;
  readonly #options: EntryOptions;
  #end: ExchangeEnd;

  constructor(exchange: Exchange, options: EntryOptions) {
    const { request } = exchange;
    this.method = request.method;
    this.target = request.target;
    this.scheme = request.scheme;
    this.host = request.authority;
    this.protocol = PROTOCOLS[request.version];
    this.userAgent = read(request.headers, "user-agent", options.secretHeaders);
    this.referer = read(request.headers, "referer", options.secretHeaders);
    this.requestHeaders = pick(request.headers, options.requestHeaders, options.secretHeaders);
    this.#exchange = exchange;
    this.#options = options;
    this.#end = UNFINISHED;
  }

  finish(end: ExchangeEnd): void {
    this.#end = end;
  }

  get time(): number {
    return this.#exchange.clock.epoch();
  }

  get id(): string {
    return this.#exchange.id;
  }

  get client(): string {
    const { client } = this.#exchange;
    return client.transport === "unix" ? "unix:" : client.address;
  }

  get user(): string | null {
    return this.#options.user?.(this.#exchange) ?? null;
  }

  get status(): number {
    return this.#end.status;
  }

  get sentBytes(): number {
    return this.#end.sentBytes;
  }

  get receivedBytes(): number {
    return this.#end.receivedBytes;
  }

  get durationMs(): number {
    return this.#end.durationMs;
  }

  get upstream(): string | null {
    const { peer } = this.#exchange;
    return peer === null ? null : peerAddress(peer);
  }

  get upstreamConnectMs(): number {
    const { upstreamStart, upstreamConnected } = this.#exchange.timings;
    return elapsed(upstreamStart, upstreamConnected);
  }

  get upstreamHeadMs(): number {
    const { upstreamStart, upstreamHead } = this.#exchange.timings;
    return elapsed(upstreamStart, upstreamHead);
  }

  get attempts(): number {
    return this.#exchange.timings.attempts;
  }

  get error(): string | null {
    return this.#end.error?.label ?? null;
  }

  get responseHeaders(): Readonly<Record<string, string>> {
    const head = this.#exchange.reply;
    if (head === null) return NONE;
    return pick(head.headers, this.#options.responseHeaders, this.#options.secretHeaders);
  }
}

const UNFINISHED: ExchangeEnd = {
  status: 0,
  error: null,
  sentBytes: -1,
  receivedBytes: 0,
  durationMs: 0,
};

/** A time before the start belongs to an earlier attempt. */
function elapsed(from: number, to: number): number {
  return from < 0 || to < from ? -1 : to - from;
}

function read(headers: HeaderMap, name: string, secret: ReadonlySet<string>): string | null {
  const value = headers.get(name);
  return value !== null && secret.has(name) ? REDACTED : value;
}

function pick(
  headers: HeaderMap,
  names: readonly string[],
  secret: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  if (names.length === 0) return NONE;
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = read(headers, name, secret);
    if (value !== null) picked[name] = value;
  }
  return picked;
}
