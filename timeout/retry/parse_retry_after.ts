import { type Clock, systemClock } from "../clock.ts";
import { parseHttpDate } from "../parse_http_date.ts";

/** Options of {@linkcode parseRetryAfter}. */
export interface ParseRetryAfterOptions {
  /**
   * Clock whose wall time a date is compared with.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * Reads a `Retry-After` field: whole seconds or an HTTP date (RFC 9110
 * §10.2.3), and nothing that merely looks like one.
 *
 * @param value the field's value
 * @returns milliseconds from now, 0 for a date that is past; null when it is neither
 *
 * @example
 * ```ts
 * import { FakeClock, parseRetryAfter } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock({ epoch: Date.UTC(1994, 10, 6, 8, 49, 0) });
 * assertEquals(parseRetryAfter("120"), 120_000);
 * assertEquals(parseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", { clock }), 37_000);
 * assertEquals(parseRetryAfter("1.5"), null);
 * ```
 */
export function parseRetryAfter(
  value: string,
  options: ParseRetryAfterOptions = {},
): number | null {
  // More digits than any wait that somebody means: they would lose precision.
  if (/^[0-9]{1,12}$/.test(value)) return Number(value) * 1000;
  const { clock = systemClock } = options;
  const now = clock.epoch();
  const date = parseHttpDate(value, now);
  return date === null ? null : Math.max(0, date - now);
}
