import type { ProxyError } from "../../errors/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import type { Body } from "./body.ts";
import { type Cancel, CancelSource } from "./cancel.ts";
import type { Client } from "./client.ts";
import type { RequestHead, ResponseHead } from "./head.ts";
import type { Peer } from "./peer.ts";
import { normalPath } from "./target.ts";

/** When things happened: milliseconds on the exchange's monotonic clock; -1 for what has not. */
export interface Timings {
  /** The head of the request was there. */
  readonly start: number;
  /** The last attempt at an upstream began. */
  upstreamStart: number;
  /** The last attempt's connection was there (the same as `upstreamStart` for a reused one). */
  upstreamConnected: number;
  /** The upstream's response head was there. */
  upstreamHead: number;
  /** The response head went to the client. */
  responseHead: number;
  /** How many attempts at an upstream were made. */
  attempts: number;
}

/** How an exchange ended. */
export interface ExchangeEnd {
  /**
   * The status that the client was sent; 499 when it left before there was one (nginx's convention:
   * it stands in logs and metrics and is never sent).
   */
  readonly status: number;
  /** Why it failed; null when both sides got everything. */
  readonly error: ProxyError | null;
  /** Bytes of content sent to the client; -1 when the engine cannot know. */
  readonly sentBytes: number;
  /** Bytes of content that were read from the client. */
  readonly receivedBytes: number;
  /** From the head of the request to here. */
  readonly durationMs: number;
}

/** One request on its way through the program: what every phase, middleware and handler gets. */
export interface Exchange<State = unknown> {
  /** The head of the request, as it arrived; filters may change it. */
  readonly request: RequestHead;
  /** The content of the request; null when there is none. */
  body: Body | null;
  /** Who sent it. */
  readonly client: Client;
  /** The user's own data for this request. */
  state: State;
  /** Tells when the exchange is over before its time: client gone, deadline, server stop. */
  readonly cancel: Cancel;
  /** The same as an `AbortSignal`, made at the first look. */
  readonly signal: AbortSignal;
  /** When things happened. */
  readonly timings: Timings;
  /** The clock of `timings`. */
  readonly clock: Clock;
  /** The normal form of the target's path ({@linkcode normalPath}): what decisions are made by. */
  readonly path: string | null;
  /** The request id; empty when no middleware gave one. */
  id: string;
  /** The upstream that was chosen last. */
  peer: Peer | null;
  /** The head that was sent to the client; null until then. */
  readonly reply: ResponseHead | null;
  /** Why the exchange failed, so far; what is set here stands in the log. */
  error: ProxyError | null;
  /**
   * Calls `fn` when the exchange has ended: the response was sent to its last byte, or it failed.
   * Exactly once, whatever happens; at once when it has ended.
   */
  onEnd(fn: (end: ExchangeEnd) => void): void;
  /**
   * Whether the connection can become a tunnel: whether a reply with one, behind a 101 or to CONNECT, can
   * be answered with.
   */
  readonly canTunnel: boolean;
  /** Sends an interim response (1xx) where the engine can; else does nothing. */
  inform(head: ResponseHead): void;
  /**
   * Ends the exchange before its time: whoever waits in it is told, and the client gets the error's
   * page, or a cut connection when the response is on its way.
   */
  abort(error: ProxyError): void;
}

/** Keeps a list of the exchanges that are on their way: what a listener has. */
export interface ExchangeKeeper {
  /** An exchange has ended; told before everybody else. */
  ended(exchange: ServerExchange, end: ExchangeEnd): void;
}

/** Options of {@linkcode ServerExchange}. */
export interface ServerExchangeOptions {
  /** Who sent the request. */
  client: Client;
  /** The content. */
  body?: Body | null;
  /** The clock. */
  clock: Clock;
  /** Sends an interim response. */
  inform?: (head: ResponseHead) => void;
  /**
   * Whether the connection can become a tunnel.
   *
   * @default {false}
   */
  canTunnel?: boolean;
  /**
   * Gets what a listener of `onEnd` throws.
   *
   * @default rethrown apart from the exchange, which ends the process like any uncaught error
   */
  onListenerError?: (error: unknown) => void;
}

/**
 * The exchange as an engine holds it: it also begins the answer and ends it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead(), { client, clock: systemClock });
 * let ends = 0;
 * exchange.onEnd(() => ends++);
 * exchange.end(null, 0);
 * exchange.end(null, 0);
 * assertEquals(ends, 1);
 * ```
 */
export class ServerExchange<State = unknown> implements Exchange<State> {
  readonly request: RequestHead;
  body: Body | null;
  readonly client: Client;
  readonly timings: Timings;
  readonly clock: Clock;
  readonly canTunnel: boolean;
  readonly cancel: CancelSource = new CancelSource();
  id = "";
  peer: Peer | null = null;
  error: ProxyError | null = null;
  /** Bytes of content read from the client; kept by the engine. */
  receivedBytes = 0;
  /** Who keeps it on a list; a field, since a listener of `onEnd` costs a closure a request. */
  keeper: ExchangeKeeper | null = null;
  /** Where it stands on that list. */
  place: number = -1;
  /** While the handler's answer is waited for: answers in its place. */
  abandon: ((reason: ProxyError) => void) | null = null;
  // A proxy sets it before its first phase runs; nobody sees it earlier.
  state: State = undefined as State;
  #reply: ResponseHead | null = null;
  #end: ExchangeEnd | null = null;
  /** The first listener, which most exchanges have no more than: it needs no array. */
  #listener: ((end: ExchangeEnd) => void) | null = null;
  #listeners: ((end: ExchangeEnd) => void)[] | null = null;
  #path: string | null = null;
  #pathOf = "";
  readonly #inform: ((head: ResponseHead) => void) | undefined;
  readonly #onListenerError: (error: unknown) => void;

  /** Begins an exchange: the clock runs from here. */
  constructor(request: RequestHead, options: ServerExchangeOptions) {
    this.request = request;
    this.client = options.client;
    this.body = options.body ?? null;
    this.clock = options.clock;
    this.canTunnel = options.canTunnel ?? false;
    this.#inform = options.inform;
    this.#onListenerError = options.onListenerError ?? rethrow;
    this.timings = {
      start: options.clock.now(),
      upstreamStart: -1,
      upstreamConnected: -1,
      upstreamHead: -1,
      responseHead: -1,
      attempts: 0,
    };
  }

  /** The cancellation as an `AbortSignal`. */
  get signal(): AbortSignal {
    return this.cancel.signal;
  }

  /** The normal form of the path; computed once for each target. */
  get path(): string | null {
    const target = this.request.target;
    if (this.#pathOf !== target) {
      this.#pathOf = target;
      this.#path = normalPath(target);
    }
    return this.#path;
  }

  /** The head that was sent to the client. */
  get reply(): ResponseHead | null {
    return this.#reply;
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return this.#end !== null;
  }

  /** When it ended, on its clock; -1 until then. */
  get endedAt(): number {
    return this.#end === null ? -1 : this.timings.start + this.#end.durationMs;
  }

  /** Notes the head that goes down to the client. */
  begin(head: ResponseHead): void {
    this.#reply = head;
    // Where nobody makes it wait, who passes the head on has set it: that saves a look at the clock.
    if (this.timings.responseHead < 0) this.timings.responseHead = this.clock.now();
  }

  /** Sends an interim response where the engine can. */
  inform(head: ResponseHead): void {
    // Behind the end the connection may carry another exchange.
    if (this.#end === null) this.#inform?.(head);
  }

  /** Ends it before its time; the first call counts. */
  abort(error: ProxyError): void {
    if (this.#end !== null || this.cancel.cancelled) return;
    this.error ??= error;
    this.cancel.cancel(error);
  }

  /** Calls `fn` at the end, or at once when that has passed. */
  onEnd(fn: (end: ExchangeEnd) => void): void {
    if (this.#end !== null) fn(this.#end);
    else if (this.#listener === null) this.#listener = fn;
    else if (this.#listeners === null) this.#listeners = [fn];
    else this.#listeners.push(fn);
  }

  /**
   * Ends the exchange; only the first call counts. A listener that throws does not keep the others
   * from hearing.
   *
   * @param error why it failed, null when it did not
   * @param sentBytes bytes of content that went to the client, -1 when not known
   */
  end(error: ProxyError | null, sentBytes: number): void {
    if (this.#end !== null) return;
    this.error ??= error;
    const end: ExchangeEnd = {
      status: this.#reply?.status ?? this.error?.status ?? 499,
      error: this.error,
      sentBytes,
      receivedBytes: this.receivedBytes,
      durationMs: this.clock.now() - this.timings.start,
    };
    this.#end = end;
    this.keeper?.ended(this, end);
    const listener = this.#listener;
    const listeners = this.#listeners;
    if (listener === null) return;
    this.#listener = this.#listeners = null;
    this.#tell(listener, end);
    if (listeners === null) return;
    for (const fn of listeners) this.#tell(fn, end);
  }

  #tell(fn: (end: ExchangeEnd) => void, end: ExchangeEnd): void {
    try {
      fn(end);
    } catch (thrown) {
      try {
        this.#onListenerError(thrown);
      } catch (error) {
        rethrow(error);
      }
    }
  }
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
