import { weightsOf } from "./_weights.ts";
import type { Candidate, WeightOf } from "./algorithm.ts";

/** The numbers of smooth weighted round robin, by the place of a candidate in the list. */
export class SmoothWeights<C extends Candidate> {
  #candidates: readonly C[] = [];
  #weights = new Float64Array(0);
  #current = new Float64Array(0);
  /** Of those that left, as nginx keeps it for a peer that is down. */
  readonly #kept = new WeakMap<C, number>();

  get candidates(): readonly C[] {
    return this.#candidates;
  }

  get weights(): Float64Array {
    return this.#weights;
  }

  get current(): Float64Array {
    return this.#current;
  }

  update(candidates: readonly C[], weightOf: WeightOf<C>): void {
    const weights = weightsOf(candidates, weightOf);
    for (const [i, candidate] of this.#candidates.entries()) {
      this.#kept.set(candidate, this.#current[i]);
    }
    this.#candidates = candidates;
    this.#weights = weights;
    this.#current = Float64Array.from(candidates, (candidate) => this.#kept.get(candidate) ?? 0);
  }
}
