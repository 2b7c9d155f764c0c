import { ProxyError } from "../../../errors/mod.ts";
import type { RequestHead } from "../head.ts";

/** The most hops that are passed on; who asks for more gets this (RFC 9110 §7.6.2 allows it). */
const MAX_FORWARDS = 255;

/**
 * Counts this hop in `Max-Forwards` (RFC 9110 §7.6.2), which OPTIONS and TRACE may carry to find a
 * proxy in the chain; other methods are left as they are.
 *
 * @returns whether the request may go on; when not, this proxy answers as the final recipient
 * @throws {ProxyError} `bad_request` when the value is not a number
 *
 * @example
 * ```ts
 * import { assert, assertEquals, assertFalse } from "@std/assert";
 * import { countForward, requestHead } from "@pingo/pingo/core";
 *
 * const head = requestHead({ method: "OPTIONS", headers: { "max-forwards": "1" } });
 * assert(countForward(head));
 * assertEquals(head.headers.get("max-forwards"), "0");
 * assertFalse(countForward(head));
 * ```
 */
export function countForward(request: RequestHead): boolean {
  if (request.method !== "OPTIONS" && request.method !== "TRACE") return true;
  const value = request.headers.get("max-forwards");
  if (value === null) return true;
  if (!/^\d+$/.test(value)) {
    throw new ProxyError(
      "bad_request",
      "Cannot forward the request: Max-Forwards is not a number (RFC 9110 §7.6.2)",
    );
  }
  const hops = Number(value);
  if (hops === 0) return false;
  request.headers.set("max-forwards", String(Math.min(hops - 1, MAX_FORWARDS)));
  return true;
}
