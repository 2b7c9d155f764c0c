import type { Backoff } from "./backoff.ts";
import { checkFiniteMs } from "../_number.ts";

/**
 * The same pause before every retry. Callers that failed together come back
 * together: for one caller alone, or under a jitter of one's own.
 *
 * @param ms the pause
 * @throws {RangeError} if it is negative or not finite
 *
 * @example
 * ```ts
 * import { constantBackoff } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = constantBackoff(200);
 * assertEquals(backoff({ retry: 7, previousMs: 200, error: null }), 200);
 * ```
 */
export function constantBackoff(ms: number): Backoff {
  checkFiniteMs("create constantBackoff", "ms", ms);
  return () => ms;
}
