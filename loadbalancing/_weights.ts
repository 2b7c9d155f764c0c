import type { Candidate, WeightOf } from "./algorithm.ts";

/**
 * The weights of candidates, in their order.
 *
 * @throws {RangeError} when one is not above 0: it would never be chosen, or for ever
 */
export function weightsOf<C extends Candidate>(
  candidates: readonly C[],
  weightOf: WeightOf<C>,
): Float64Array<ArrayBuffer> {
  const weights = new Float64Array(candidates.length);
  for (let i = 0; i < weights.length; i++) {
    const weight = weightOf(candidates[i]);
    if (!(weight > 0 && weight < Infinity)) {
      throw new RangeError(
        `Cannot balance: weight ${weight} of ${candidates[i].id} is not above 0`,
      );
    }
    weights[i] = weight;
  }
  return weights;
}
