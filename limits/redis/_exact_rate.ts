import type { Rate } from "../mod.ts";

/** A rate in whole numbers, so that what the server computes is exact whatever the rule. */
export interface ExactRate {
  /** What one unit of the limit costs. */
  readonly unit: number;
  /** What a microsecond gives back. */
  readonly perMicrosecond: number;
}

/** Rates such as 0.5/s are written with this many digits at most. */
const MAX_DIGITS = 6;

/**
 * The rate as whole numbers: a microsecond gives `limit`, and a unit costs the microseconds of the window, both divided
 * by what they have in common.
 *
 * @param maxUnits how many units are counted at most
 * @throws {RangeError} when a count of so many units has no exact number
 */
export function exactRate({ limit, windowMs }: Rate, maxUnits: number): ExactRate {
  for (let scale = 1; scale <= 10 ** MAX_DIGITS; scale *= 10) {
    // A product such as 0.07 * 100 is off by its last bit.
    const gain = nearWhole(limit * scale);
    const cost = nearWhole(windowMs * 1_000 * scale);
    if (gain === null || cost === null) continue;
    const common = greatestCommonDivisor(gain, cost);
    const rate = { unit: cost / common, perMicrosecond: gain / common };
    if (Number.isSafeInteger(rate.unit * maxUnits + rate.perMicrosecond)) return rate;
    break;
  }
  throw new RangeError(
    `Cannot create limiter: ${limit} in ${windowMs} ms and a burst of ${maxUnits} cannot be counted exactly; ` +
      "take rounder numbers",
  );
}

function nearWhole(value: number): number | null {
  const whole = Math.round(value);
  return whole >= 1 && Math.abs(value - whole) < 1e-9 * whole && Number.isSafeInteger(whole)
    ? whole
    : null;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
