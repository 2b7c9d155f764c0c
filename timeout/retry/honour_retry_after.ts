import { ProxyError } from "../../errors/mod.ts";
import type { Backoff } from "./backoff.ts";
import { type Clock, systemClock } from "../clock.ts";
import { checkFiniteMs } from "../_number.ts";
import { pauseOf } from "./_pause.ts";
import { parseRetryAfter } from "./parse_retry_after.ts";

/** Options of {@linkcode honourRetryAfter}. */
export interface HonourRetryAfterOptions {
  /**
   * Most that a server may ask for; what is more is cut to it.
   * @default {60_000}
   */
  maxMs?: number;
  /**
   * Finds the field's value in what an attempt ended with.
   * @default {`retry-after` among the headers of a ProxyError}
   */
  retryAfter?: (error: unknown) => string | null | undefined;
  /**
   * Clock whose wall time a date is compared with.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * A backoff that pauses at least as long as the server asks for by
 * `Retry-After` (RFC 9110 §10.2.3). Where the field is missing or malformed,
 * the backoff below decides alone.
 *
 * @param backoff decides how long at least
 * @throws {RangeError} if `maxMs` is negative or not finite
 *
 * @example
 * ```ts
 * import { constantBackoff, honourRetryAfter } from "@pingo/pingo/timeout";
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = honourRetryAfter(constantBackoff(100));
 * const error = new ProxyError("rate_limited", "Cannot call", { headers: [["Retry-After", "2"]] });
 * assertEquals(backoff({ retry: 1, previousMs: 0, error }), 2_000);
 * assertEquals(backoff({ retry: 1, previousMs: 0, error: new Error("reset") }), 100);
 * ```
 */
export function honourRetryAfter(
  backoff: Backoff,
  options: HonourRetryAfterOptions = {},
): Backoff {
  const { maxMs = 60_000, retryAfter = fieldOfProxyError, clock = systemClock } = options;
  checkFiniteMs("create honourRetryAfter", "maxMs", maxMs);
  return (step) => {
    const ownMs = pauseOf(backoff, step);
    const value = retryAfter(step.error);
    const askedMs = typeof value === "string" ? parseRetryAfter(value, { clock }) : null;
    return askedMs === null ? ownMs : Math.max(ownMs, Math.min(askedMs, maxMs));
  };
}

function fieldOfProxyError(error: unknown): string | undefined {
  if (!(error instanceof ProxyError)) return undefined;
  return error.headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1];
}
