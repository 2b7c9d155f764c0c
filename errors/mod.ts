/**
 * Errors as the proxy tells them: {@linkcode ProxyError} with its kind, the
 * one table that decides status, retry and metric label, plain-function
 * {@linkcode Result}s, and the answer that a client gets to see.
 *
 * @example
 * ```ts
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ProxyError("upstream_timeout", "Cannot read head: 5 s over");
 * assertEquals(error.status, 504);
 * assertEquals(error.source, "upstream");
 * ```
 *
 * @module
 */
export {
  type ErrorKindRow,
  type ErrorKindTraits,
  type ErrorSource,
  type RetryDecision,
} from "./error_kind_traits.ts";
export { ERROR_KINDS, type ErrorKind, isErrorKind } from "./error_kind.ts";
export { type UpstreamErrorKind } from "./upstream_kinds.ts";
export { type DownstreamErrorKind } from "./downstream_kinds.ts";
export { type InternalErrorKind } from "./internal_kinds.ts";
export { ProxyError, type ProxyErrorOptions } from "./proxy_error.ts";
export {
  type Err,
  err,
  isErr,
  isOk,
  map,
  mapErr,
  type Ok,
  ok,
  type Result,
  unwrap,
  unwrapOr,
} from "./result.ts";
export { attempt, attemptAsync } from "./attempt.ts";
export { type ErrorPage, errorPage, type ErrorPageOptions } from "./error_page.ts";
export { proxyStatus, type ProxyStatusOptions } from "./proxy_status.ts";
