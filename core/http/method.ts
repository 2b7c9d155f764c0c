/** Methods whose repetition has the effect of one (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
]);

/**
 * Whether a request with this method may arrive twice without harm (RFC 9110 §9.2.2). Methods that are not
 * known are taken for such that may not.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isIdempotent } from "@pingo/pingo/core";
 *
 * assert(isIdempotent("PUT"));
 * assertFalse(isIdempotent("POST"));
 * assertFalse(isIdempotent("put")); // methods are case-sensitive (§9.1)
 * ```
 */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
