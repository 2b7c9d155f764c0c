import type { ProxyError } from "../errors/mod.ts";
import type {
  ConnectionInfo,
  Exchange,
  ExchangeEnd,
  HeaderMap,
  Reply,
  RequestHead,
  ResponseHead,
} from "../core/mod.ts";

/** What a hook may return: nothing, now or later. */
export type Hooked = void | Promise<void>;

/** What a hook that may answer returns: a response to answer with, or nothing to go on. */
export type MayAnswer = Reply | Response | void | Promise<Reply | Response | void>;

/**
 * What a body hook returns: the bytes to pass on in place of the chunk (an empty array drops it),
 * nothing to pass the chunk on as it is.
 */
export type MayReplace = Uint8Array | null | void | Promise<Uint8Array | null | void>;

/**
 * A filter: a plain object with any of the phases of a proxied request, in the order in which they run.
 * Filters run in the order they are given, in each phase. What a hook throws goes to `failed`: a
 * `ProxyError` as it is, anything else as `filter_failed`.
 *
 * @template State the per-request state that `newState` of the proxy makes
 */
export interface Filter<State = unknown> {
  /** Named in errors that its hooks cause. */
  readonly name?: string;
  /**
   * What the body hooks do. `transform`: they may change the content, so its length is not known ahead
   * and Content-Length is dropped. `inspect`: they only look, what they return is ignored.
   *
   * @default {"transform"}
   */
  readonly bodyHooks?: "transform" | "inspect";
  /** Before the middlewares: the first look at a request. Throw to refuse it. */
  earlyRequest?(exchange: Exchange<State>): Hooked;
  /** Checks, routing, limits; may answer, which goes straight to `finished`. */
  request?(exchange: Exchange<State>): MayAnswer;
  /** The request was not answered from the cache: last look before an upstream is chosen; may answer. */
  proxyUpstream?(exchange: Exchange<State>): MayAnswer;
  /** A connection to the peer is there (`exchange.peer`); nothing was written on it. */
  connected?(exchange: Exchange<State>, connection: ConnectionInfo): void;
  /**
   * No connection could be made: nothing was sent, so another attempt is safe and is made while
   * attempts are left. Return `"retry"` or `"fail"` to decide otherwise than `retry` does.
   */
  connectFailed?(exchange: Exchange<State>, error: ProxyError): "retry" | "fail" | void;
  /** The request as it goes to the upstream: a copy of its own for each attempt. */
  upstreamRequest?(exchange: Exchange<State>, head: RequestHead): Hooked;
  /** Each chunk of the request's content, then null at its end. A chunk is valid during the call. */
  requestBody?(exchange: Exchange<State>, chunk: Uint8Array | null): MayReplace;
  /** The upstream's response, before the cache sees it: changes are stored. */
  upstreamResponse?(exchange: Exchange<State>, head: ResponseHead): Hooked;
  /** Each chunk of the upstream's content, before the cache; then null. */
  upstreamResponseBody?(exchange: Exchange<State>, chunk: Uint8Array | null): MayReplace;
  /** Every response from an upstream or the cache, on its way to the client; changes are not stored. */
  response?(exchange: Exchange<State>, head: ResponseHead): Hooked;
  /** Each chunk on its way to the client; then null. */
  responseBody?(exchange: Exchange<State>, chunk: Uint8Array | null): MayReplace;
  /** The trailer fields of the response, where it has some. */
  responseTrailers?(exchange: Exchange<State>, trailers: HeaderMap): void;
  /**
   * The exchange failed: may write the error page. The first filter that answers is heard. Behind a deadline
   * it has half a second; who has left is not waited for.
   */
  failed?(exchange: Exchange<State>, error: ProxyError): MayAnswer;
  /** The very end, always, exactly once, whatever happened: log, count, release. */
  finished?(exchange: Exchange<State>, end: ExchangeEnd): void;
}
