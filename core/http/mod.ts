/**
 * The message model: heads, header fields, bodies, exchanges, handlers, and the way to and from the
 * web's `Request` and `Response`.
 *
 * @module
 */
export type { HeaderMap, HeaderMapInit } from "./header_map.ts";
export { HeaderList } from "./header_list.ts";
export { isFieldValue, isToken, TOKEN_BYTES, trimFieldValue } from "./field_syntax.ts";
export {
  cloneRequestHead,
  forkRequestHead,
  type HttpVersion,
  type RequestHead,
  requestHead,
  type RequestHeadInit,
  type ResponseHead,
  responseHead,
  type Scheme,
} from "./head.ts";
export type { Body } from "./body.ts";
export { bodyFrom, type BodyFromOptions, type BodySource } from "./body_sources.ts";
export { drain, readAll, type ReadAllOptions, readText, toReadableStream } from "./body_sinks.ts";
export { type Cancel, CancelSource, untilCancelled } from "./cancel.ts";
export {
  type Client,
  type ClientProxy,
  type ProxyTls,
  type ProxyTlv,
  type ProxyTlvs,
  type SocketEndpoint,
  unmapAddress,
} from "./client.ts";
export { type Peer, peer, peerAddress, type PeerOptions, type PeerTls } from "./peer.ts";
export { normalPath, targetQuery } from "./target.ts";
export { apart } from "./apart.ts";
export { PendingReply, type ReplyReceiver } from "./pending_reply.ts";
export { giveUpReply, type Reply, reply, type ReplyOptions, toReply } from "./reply.ts";
export {
  type Exchange,
  type ExchangeEnd,
  type ExchangeKeeper,
  ServerExchange,
  type ServerExchangeOptions,
  type Timings,
} from "./exchange.ts";
export { compose, type Handler, type Middleware } from "./handler.ts";
export { isIdempotent } from "./method.ts";
export type { Tunnel } from "./tunnel.ts";
export type { AttemptOutcome, Selection, SelectOptions, Upstream } from "./upstream.ts";
export { errorReply, type ErrorReplyOptions } from "./error_reply.ts";
export { hasNoContent } from "./has_no_content.ts";
export { isAuthority } from "./request_from_web.ts";
export { type FetchHandler, type FetchInfo, toFetch, type ToFetchOptions } from "./to_fetch.ts";
export { fromFetch } from "./from_fetch.ts";
export {
  addVia,
  type ClientAddress,
  clientAddress,
  type ClientAddressOptions,
  countForward,
  formatForwarded,
  type ForwardedFields,
  type ForwardedHop,
  forwardingHeaders,
  type ForwardingHeadersOptions,
  hasViaLoop,
  httpDate,
  parseForwarded,
  parseHttpDate,
  removeHopByHop,
  type RemoveHopByHopOptions,
  TrustedProxies,
  type TrustedProxiesOptions,
  type ViaOptions,
  viaPseudonym,
} from "./forwarding/mod.ts";
