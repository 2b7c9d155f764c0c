import { SmoothWeights } from "./_smooth_weights.ts";
import {
  type Algorithm,
  type Candidate,
  type IsRefused,
  ownWeight,
  type WeightOf,
} from "./algorithm.ts";

/**
 * The candidate with the fewest requests under way for its weight; among several such, smooth weighted round
 * robin, as nginx's `least_conn` does it. It looks at every candidate: exact, and right for long or uneven
 * requests; with hundreds of backends, or several proxies before them, take {@linkcode PowerOfTwo}.
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LeastConnection } from "@pingo/pingo/loadbalancing";
 *
 * const least = new LeastConnection([
 *   { id: "a", weight: 1, leases: 1 },
 *   { id: "b", weight: 4, leases: 3 },
 * ]);
 * assertEquals(least.pick()?.id, "b");
 * assertEquals(least.pick(null, (candidate) => candidate.id === "b")?.id, "a");
 * ```
 */
export class LeastConnection<C extends Candidate = Candidate> implements Algorithm<C> {
  readonly #smooth = new SmoothWeights<C>();
  /** Of the least busy in the choice under way; kept, so that a choice makes no object. */
  readonly #least = { leases: 0, weight: 1 };

  /** A choice among these candidates. */
  constructor(candidates: readonly C[] = []) {
    this.update(candidates);
  }

  /** Takes the candidates. */
  update(candidates: readonly C[], weightOf: WeightOf<C> = ownWeight): void {
    this.#smooth.update(candidates, weightOf);
  }

  /** Chooses the least busy one. */
  pick(_key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    const { candidates, weights } = this.#smooth;
    let best = -1;
    let bestLeases = 0;
    let bestWeight = 1;
    let isTie = false;
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i];
      if (isRefused !== null && isRefused(candidate)) continue;
      const { leases } = candidate;
      const weight = weights[i];
      // Products, since divisions round.
      const compared = best === -1 ? -1 : leases * bestWeight - bestLeases * weight;
      if (compared < 0) {
        best = i;
        bestLeases = leases;
        bestWeight = weight;
        isTie = false;
      } else if (compared === 0) {
        isTie = true;
      }
    }
    if (best === -1) return null;
    if (isTie) {
      this.#least.leases = bestLeases;
      this.#least.weight = bestWeight;
      best = this.#smooth.next(isRefused, this.#least);
    }
    return candidates[best];
  }
}
