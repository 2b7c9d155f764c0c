/** A rate: so many units in each window of time. */
export interface Rate {
  /** How many units, above 0. */
  readonly limit: number;
  /** The length of the window in milliseconds, above 0. */
  readonly windowMs: number;
}

const FORM = /^(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)?\s*(ms|s|m|h|d)$/;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a rate as people write it: `100/s`, `10/500ms`, `6000/m`, `1000/h`, `5/d`.
 *
 * @throws {TypeError} when the text has another form
 * @throws {RangeError} when the number or the window is 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRate } from "@pingo/pingo/limits";
 *
 * assertEquals(parseRate("100/s"), { limit: 100, windowMs: 1_000 });
 * assertEquals(parseRate("3/10m"), { limit: 3, windowMs: 600_000 });
 * ```
 */
export function parseRate(text: string): Rate {
  const parts = FORM.exec(text);
  if (parts === null) {
    throw new TypeError(
      `Cannot parse the rate ${JSON.stringify(text)}: write it as 100/s, 10/500ms or 1000/h`,
    );
  }
  const [, limit, count = "1", unit] = parts;
  return checkRate({ limit: Number(limit), windowMs: Number(count) * UNIT_MS[unit] });
}

/**
 * A rate that was given as an object or as text, with both numbers in range.
 *
 * @throws {TypeError} when it is a text that is no rate
 * @throws {RangeError} when one of the numbers is not a finite number above 0
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { rateOf } from "@pingo/pingo/limits";
 *
 * assertEquals(rateOf("5/m"), rateOf({ limit: 5, windowMs: 60_000 }));
 * assertThrows(() => rateOf({ limit: 0, windowMs: 1_000 }), RangeError);
 * ```
 */
export function rateOf(rate: Rate | string): Rate {
  return typeof rate === "string" ? parseRate(rate) : checkRate(rate);
}

function checkRate({ limit, windowMs }: Rate): Rate {
  if (!(limit > 0 && limit < Infinity)) {
    throw new RangeError(`Cannot use the rate: limit ${limit} is not a finite number above 0`);
  }
  if (!(windowMs > 0 && windowMs < Infinity)) {
    throw new RangeError(
      `Cannot use the rate: windowMs ${windowMs} is not a finite number above 0`,
    );
  }
  return { limit, windowMs };
}
