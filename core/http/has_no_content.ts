/**
 * Whether a response has no content whatever its fields say (RFC 9110 §6.4.1; 205 by §15.3.6).
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { hasNoContent } from "@pingo/pingo/core";
 *
 * assert(hasNoContent("HEAD", 200));
 * assert(hasNoContent("GET", 304));
 * assertFalse(hasNoContent("GET", 404));
 * ```
 */
export function hasNoContent(method: string, status: number): boolean {
  return method === "HEAD" || status < 200 || status === 204 ||
    status === 205 || status === 304;
}
