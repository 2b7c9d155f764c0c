import { systemRandom } from "../timeout/mod.ts";
import { WeightedDraw } from "./_weighted_draw.ts";
import type { Algorithm, Candidate, IsRefused, WeightOf } from "./algorithm.ts";
import type { RandomOptions } from "./weighted_random.ts";

/**
 * The power of two choices: two candidates are drawn by weight, the one with fewer requests under way for
 * its weight is taken (`p2c` in a configuration). Nearly as even as {@linkcode LeastConnection} at the price
 * of a draw, and without its herd: many proxies that see one idle server do not all go there.
 *
 * Source: M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (2001).
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PowerOfTwo } from "@pingo/pingo/loadbalancing";
 *
 * const candidates = [{ id: "a", weight: 1, leases: 8 }, { id: "b", weight: 1, leases: 2 }];
 * assertEquals(new PowerOfTwo(candidates).pick()?.id, "b");
 * ```
 */
export class PowerOfTwo<C extends Candidate = Candidate> implements Algorithm<C> {
  readonly #draw: WeightedDraw<C>;

  /** A choice among these candidates. */
  constructor(candidates: readonly C[] = [], options: RandomOptions = {}) {
    const { random = systemRandom } = options;
    this.#draw = new WeightedDraw(random);
    this.update(candidates);
  }

  /** Takes the candidates. */
  update(candidates: readonly C[], weightOf?: WeightOf<C>): void {
    this.#draw.update(candidates, weightOf);
  }

  /** Draws two and takes the less busy one; the first drawn when they are equal, so that weights hold. */
  pick(_key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    const { candidates, weights } = this.#draw;
    const one = this.#draw.draw(isRefused, -1);
    if (one === -1) return null;
    const other = this.#draw.draw(isRefused, one);
    if (other === -1) return candidates[one];
    const isOtherBetter =
      candidates[other].leases * weights[one] < candidates[one].leases * weights[other];
    return candidates[isOtherBetter ? other : one];
  }
}
