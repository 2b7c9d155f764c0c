import { weightsOf } from "./_weights.ts";
import type { Candidate, IsRefused, WeightOf } from "./algorithm.ts";

/** Smooth weighted round robin, with its numbers by the place of a candidate in the list. */
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

  update(candidates: readonly C[], weightOf: WeightOf<C>): void {
    const weights = weightsOf(candidates, weightOf);
    for (const [i, candidate] of this.#candidates.entries()) {
      this.#kept.set(candidate, this.#current[i]);
    }
    this.#candidates = candidates;
    this.#weights = weights;
    this.#current = Float64Array.from(candidates, (candidate) => this.#kept.get(candidate) ?? 0);
  }

  /**
   * The place of the next one in turn, -1 when there is nobody: each gains its weight, the one with most is chosen
   * and pays what all have gained.
   *
   * @param isRefused who gains nothing meanwhile, as in nginx
   * @param among who else gains nothing: whoever is busier for its weight than this; all take part with null
   */
  next(
    isRefused: IsRefused<C> | null,
    among: Pick<Candidate, "leases" | "weight"> | null = null,
  ): number {
    const candidates = this.#candidates;
    const weights = this.#weights;
    const current = this.#current;
    let best = -1;
    let most = -Infinity;
    let total = 0;
    for (let i = 0; i < candidates.length; i++) {
      if (among !== null && candidates[i].leases * among.weight !== among.leases * weights[i]) {
        continue;
      }
      if (isRefused !== null && isRefused(candidates[i])) continue;
      const weight = weights[i];
      total += weight;
      const gained = current[i] += weight;
      if (gained > most) {
        most = gained;
        best = i;
      }
    }
    if (best !== -1) current[best] -= total;
    return best;
  }
}
