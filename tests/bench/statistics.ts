/** Median, smallest and largest of some numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The median; the mean of the two in the middle where there is no one.
 *
 * @throws {RangeError} if there are no values
 */
export function median(values: readonly number[]): number {
  return spread(values).median;
}

/**
 * Median, smallest and largest.
 *
 * @throws {RangeError} if there are no values
 */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const min = sorted[0];
  const max = sorted.at(-1);
  if (upper === undefined || min === undefined || max === undefined) {
    throw new RangeError("Cannot take a median: no values");
  }
  const lower = sorted.length % 2 === 0 ? sorted[middle - 1] ?? upper : upper;
  return { median: (lower + upper) / 2, min, max };
}

/**
 * Ratios pair by pair. A machine that is slow in one round is slow for both sides of its pair, so the spread of the
 * ratios is far narrower than that of the values.
 *
 * @throws {RangeError} if one side has more values
 */
export function ratios(values: readonly number[], bases: readonly number[]): number[] {
  if (values.length !== bases.length) {
    throw new RangeError(`Cannot pair values: ${values.length} against ${bases.length}`);
  }
  return values.map((value, index) => value / (bases[index] ?? NaN));
}
