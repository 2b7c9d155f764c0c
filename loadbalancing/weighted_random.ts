import { type Random, systemRandom } from "../timeout/mod.ts";
import { WeightedDraw } from "./_weighted_draw.ts";
import type { Algorithm, Candidate, IsRefused, WeightOf } from "./algorithm.ts";

/** Options of the algorithms that go by chance. */
export interface RandomOptions {
  /**
   * Where chance comes from.
   *
   * @default {systemRandom}
   */
  random?: Random;
}

/**
 * Each candidate as often as its weight says, by chance (`random` in a configuration). A choice costs the
 * same however many there are, and proxies that do not know each other do not fall into step.
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WeightedRandom } from "@pingo/pingo/loadbalancing";
 *
 * const candidates = [{ id: "a", weight: 1, leases: 0 }, { id: "b", weight: 9, leases: 0 }];
 * const dice = new WeightedRandom(candidates, { random: () => 0.99 });
 * assertEquals(dice.pick()?.id, "b");
 * ```
 */
export class WeightedRandom<C extends Candidate = Candidate> implements Algorithm<C> {
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

  /** Draws one. */
  pick(_key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    const drawn = this.#draw.draw(isRefused, -1);
    return drawn === -1 ? null : this.#draw.candidates[drawn];
  }
}
