import { ProxyError } from "../../errors/mod.ts";

/**
 * Whether an error alone permits another attempt; what `withRetry` goes by
 * unless told otherwise. Of a `ProxyError` its `retry` decides: only `yes`,
 * since nobody here knows whether `if-reused` holds. Other errors permit it, a
 * `TypeError` too, since `fetch` throws one when the network fails; an
 * `AbortError` does not.
 *
 * @example
 * ```ts
 * import { isRetryable } from "@pingo/pingo/timeout";
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isRetryable(new ProxyError("connect_refused")));
 * assertFalse(isRetryable(new ProxyError("upstream_timeout")));
 * assertFalse(isRetryable(new DOMException("stopped", "AbortError")));
 * ```
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ProxyError) return error.retry === "yes";
  return !(error instanceof Error && error.name === "AbortError");
}
