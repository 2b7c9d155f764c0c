const MONTHS: ReadonlyMap<string, number> = new Map(
  "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ").map((name, month) => [name, month]),
);
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const LONG_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)";
const TIME = "(?<time>\\d\\d:\\d\\d:\\d\\d)";

/** IMF-fixdate; then what old senders write, RFC 850 and asctime (RFC 9110 §5.6.7). */
const FORMATS: readonly RegExp[] = [
  `${DAY}, (?<day>\\d\\d) (?<month>[A-Z][a-z][a-z]) (?<year>\\d{4}) ${TIME} GMT`,
  `${LONG_DAY}, (?<day>\\d\\d)-(?<month>[A-Z][a-z][a-z])-(?<year>\\d\\d) ${TIME} GMT`,
  `${DAY} (?<month>[A-Z][a-z][a-z]) (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})`,
].map((pattern) => new RegExp(`^${pattern}$`));

/**
 * Reads a date in one of the three formats of HTTP (RFC 9110 §5.6.7) and in no other: what `Date.parse`
 * guesses at differs between engines. That the day of the week is the right one is not checked.
 *
 * @param epochMs the present: a year of two digits that lies more than 50 years ahead of it is past
 * @returns milliseconds since 1970, or null when the text is no such date
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseHttpDate, systemClock } from "@pingo/pingo/timeout";
 *
 * const now = systemClock.epoch();
 * assertEquals(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", now), 784_111_777_000);
 * assertEquals(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", now), 784_111_777_000);
 * assertEquals(parseHttpDate("Sun Nov  6 08:49:37 1994", now), 784_111_777_000);
 * assertEquals(parseHttpDate("1994-11-06T08:49:37Z", now), null);
 * ```
 */
export function parseHttpDate(text: string, epochMs: number): number | null {
  for (const format of FORMATS) {
    const parts = format.exec(text)?.groups;
    if (parts !== undefined) return toEpoch(parts, epochMs);
  }
  return null;
}

function toEpoch(parts: Record<string, string>, epochMs: number): number | null {
  const month = MONTHS.get(parts.month);
  const day = Number(parts.day);
  const [hour, minute, second] = parts.time.split(":").map(Number);
  // The grammar knows leap seconds; they count as the first second of the next minute.
  if (month === undefined || hour > 23 || minute > 59 || second > 60) return null;
  const at = (year: number): number | null => {
    const date = new Date(0);
    date.setUTCFullYear(year, month, day);
    // A day that the month does not have has moved the date on.
    if (day === 0 || date.getUTCDate() !== day) return null;
    return date.setUTCHours(hour, minute, second);
  };
  if (parts.year.length === 4) return at(Number(parts.year));
  const limit = new Date(epochMs);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const latest = limit.getUTCFullYear();
  const year = latest - (latest - Number(parts.year)) % 100;
  const date = at(year);
  return date !== null && date > limit.getTime() ? at(year - 100) : date;
}
