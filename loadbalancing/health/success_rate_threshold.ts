/** What {@linkcode successRateThreshold} finds. */
export interface SuccessRateThreshold {
  /** The mean of the rates. */
  readonly mean: number;
  /** Rates below this are outliers. */
  readonly threshold: number;
}

/**
 * The success rate below which a backend is an outlier: the mean less a multiple of the standard deviation
 * (of the whole population, as in Envoy).
 *
 * @param rates the rates of all backends, from 0 to 1
 * @param factor the multiple
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { successRateThreshold } from "@pingo/pingo/loadbalancing";
 *
 * const { mean, threshold } = successRateThreshold([0.5, 1, 1, 1, 1], 1.9);
 * assertAlmostEquals(mean, 0.9);
 * assertAlmostEquals(threshold, 0.52);
 * ```
 */
export function successRateThreshold(
  rates: readonly number[],
  factor: number,
): SuccessRateThreshold {
  let sum = 0;
  for (const rate of rates) sum += rate;
  const mean = sum / rates.length;
  let squares = 0;
  for (const rate of rates) squares += (rate - mean) ** 2;
  return { mean, threshold: mean - factor * Math.sqrt(squares / rates.length) };
}
