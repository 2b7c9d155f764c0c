/** The years 0000 and 9999 are the first and the last that the format has room for. */
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;

let cachedSecond = NaN;
let cachedText = "";

/**
 * A date as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7). The text of
 * the last second is kept: a server writes the same one thousands of times.
 *
 * @param epochMs milliseconds since 1970, as a clock's `epoch` gives them
 * @throws {RangeError} when the year is not from 0000 to 9999
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { httpDate } from "@pingo/pingo/core";
 *
 * assertEquals(httpDate(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
 * ```
 */
export function httpDate(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second === cachedSecond) return cachedText;
  if (!(epochMs >= FIRST_MS && epochMs <= LAST_MS)) {
    throw new RangeError(`Cannot write a date: ${epochMs} is not within the years 0000 to 9999`);
  }
  // ECMAScript defines this format letter for letter as IMF-fixdate for these years.
  cachedText = new Date(second * 1000).toUTCString();
  cachedSecond = second;
  return cachedText;
}
