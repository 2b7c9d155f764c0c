import type {
  Exchange,
  ForwardedFields,
  Middleware,
  Peer,
  Selection,
  SelectOptions,
  Transport,
  TrustedProxies,
  Upstream,
} from "../core/mod.ts";
import type { RetryBudget, TimerWheel } from "../timeout/mod.ts";
import type { Filter } from "./filter.ts";
import type { ProxyHedge } from "./hedge_options.ts";

/** A function that chooses a peer: the short form of an {@linkcode Upstream}. */
export type SelectPeer<State> = (
  exchange: Exchange<State>,
  options: SelectOptions,
) => Peer | Selection | Promise<Peer | Selection>;

/** Bounds in time of a proxied exchange. Each can be switched off by `Infinity`. */
export interface ProxyTimeouts {
  /**
   * Connecting to the upstream, TLS included, in each attempt; then it fails with 504. With `fetchTransport`
   * `headMs` spans both.
   *
   * @default {10000}
   */
  connectMs?: number;
  /**
   * Of each attempt, from its start (`http1Transport`: from the last piece of the request's content) to the
   * upstream's response head; then it fails with 504.
   *
   * @default {60000}
   */
  headMs?: number;
  /**
   * Each wait for more of the response's content; then the client is cut.
   *
   * @default {60000}
   */
  bodyMs?: number;
  /**
   * The whole exchange with all attempts; then 504, or the client is cut.
   *
   * @default {Infinity}
   */
  totalMs?: number;
}

/** Failures behind which the request may have been processed; see {@linkcode ProxyRetry.failures}. */
export type RetryableFailure =
  | "connection_reset"
  | "upstream_timeout"
  | "upstream_write_failed"
  | "bad_response";

/** All of them. */
export const RETRYABLE_FAILURES: readonly RetryableFailure[] = /* @__PURE__ */ Object.freeze([
  "connection_reset",
  "upstream_timeout",
  "upstream_write_failed",
  "bad_response",
]);

/**
 * When and how often another attempt is made. By itself a proxy makes one where the upstream cannot have
 * seen the request: no connection could be made, or a kept one turned out dead. `statuses` and `failures` say
 * what is worth another attempt beyond that, as nginx's `proxy_next_upstream` and HAProxy's `retry-on`
 * do. These two are for idempotent methods alone (RFC 9110 §9.2.2), and nothing is sent again once a
 * response head went down to the client, or when the content is not at hand any more.
 */
export interface ProxyRetry {
  /**
   * Attempts in all, the first one included.
   *
   * @default {2}
   */
  maxAttempts?: number;
  /**
   * How much of a request's content is kept to send it again. Longer content is sent once.
   *
   * @default {65536}
   */
  maxReplayBytes?: number;
  /**
   * Statuses from 400 to 599, such as 502, 503 and 504: an answer with one of them is given up, and another
   * peer is asked. Filters do not see it; the peer's `settle` does. The last attempt's answer is passed on
   * whatever it is, and so is one behind which nobody can be chosen.
   *
   * @default {[]}
   */
  statuses?: readonly number[];
  /**
   * Failures that are tried again although the request may have arrived. `upstream_timeout` covers a peer
   * that takes requests and does not answer: each attempt has a `timeouts.headMs` of its own.
   *
   * @default {[]}
   */
  failures?: readonly RetryableFailure[];
  /**
   * Bounds the attempts beyond the first of all exchanges together, so that upstreams that fail are not
   * buried under them. Where it is used up, the answer or failure there is goes to the client. Several
   * proxies of one set of upstreams may share it.
   *
   * @default {null}
   */
  budget?: RetryBudget | null;
}

/** What the request tells the upstream of where it came from. */
export interface ProxyForwarding {
  /**
   * The proxies in front whose `X-Forwarded-*` and `Forwarded` are believed and continued, as addresses,
   * CIDR ranges, `"loopback"` or `"private"`. From anybody else they are dropped and written anew.
   *
   * @default {[]}
   */
  trusted?: TrustedProxies | readonly string[];
  /**
   * Which fields are written.
   *
   * @default {"x-forwarded"}
   */
  fields?: ForwardedFields;
  /**
   * The name of this proxy in `Via`, which also finds loops: unique for each proxy. False: no Via, and
   * loops are not found.
   *
   * @default a random name
   */
  via?: string | false;
  /**
   * The Host that the upstream sees: false for the one that the client sent, true for the peer's own
   * address, or a text.
   *
   * @default {false}
   */
  rewriteHost?: boolean | string;
  /**
   * The target that the upstream sees: `raw`, byte for byte the one that the client sent, or `normal`: its
   * path in the form that decisions are made on ({@linkcode normalPath}), so that the upstream cannot read
   * another one; the query stays. A path that has no such form is then refused with 400.
   *
   * @default {"raw"}
   */
  target?: "raw" | "normal";
  /**
   * Which protocols a request may upgrade to (`["websocket"]`); what is not allowed goes on without its
   * `Upgrade`. After the upstream's 101 the connection is a tunnel of bytes. `h2c` never passes. Takes an
   * engine and a transport that have tunnels.
   *
   * @default {"any"}
   */
  upgrade?: readonly string[] | "any" | "none";
}

/** Options of {@linkcode HttpProxy}. */
export interface HttpProxyOptions<State = unknown> {
  /**
   * Where requests go: a peer or its address, a function that chooses one, or anything with a `select`
   * such as a load balancer.
   */
  upstream: string | Peer | Upstream | SelectPeer<State>;
  /** The filters, in the order in which each phase runs them. */
  filters?: readonly Filter<State>[];
  /** Makes the state of each request; it runs before the first phase. */
  newState?: (exchange: Exchange<State>) => State;
  /** Wraps everything after `earlyRequest`; the first is outermost. */
  middleware?: readonly Middleware<State>[];
  /** Wraps `proxyUpstream` to `upstreamResponseBody`: a cache. */
  cache?: Middleware<State>;
  /**
   * Carries the requests. The proxy does not close one that it was given.
   *
   * @default an own `http1Transport`
   */
  transport?: Transport;
  /** Bounds in time. */
  timeouts?: ProxyTimeouts;
  /** When another attempt is made. */
  retry?: ProxyRetry;
  /**
   * Asks a second peer when the first one is slow. Without it, requests go the way that they go without
   * hedging, at no cost.
   *
   * @default {null}
   */
  hedge?: ProxyHedge | null;
  /** What the upstream is told of the client. */
  forwarding?: ProxyForwarding;
  /**
   * The name of this proxy in error responses (`Proxy-Status`).
   *
   * @default {"pinGo"}
   */
  name?: string;
  /**
   * Shows messages and causes of errors to clients. For development only.
   *
   * @default {false}
   */
  showErrorDetail?: boolean;
  /**
   * Gets what a `finished` hook throws, which nobody else can answer for.
   *
   * @default rethrown apart from the exchange, which ends the process like any uncaught error
   */
  onHookError?: (error: unknown, exchange: Exchange<State>) => void;
  /** Runs the timeouts; one wheel may serve a whole program. */
  wheel?: TimerWheel;
  /** A number from 0 to below 1; makes the default name in Via. */
  random?: () => number;
}
