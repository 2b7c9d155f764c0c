import { SmoothWeights } from "./_smooth_weights.ts";
import {
  type Algorithm,
  type Candidate,
  type IsRefused,
  ownWeight,
  type WeightOf,
} from "./algorithm.ts";

/**
 * Smooth weighted round robin, in exactly nginx's sequence: each candidate gains its weight, the one with
 * most is chosen and pays what all have gained. A weight of 5 among two of 1 gives `a a b a c a a`, not five
 * times `a` in a row.
 *
 * Source: nginx, `ngx_http_upstream_get_peer`; its commit 52327e0627f4 tells of the idea. A choice looks at
 * every candidate once.
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RoundRobin } from "@pingo/pingo/loadbalancing";
 *
 * const turn = new RoundRobin([
 *   { id: "a", weight: 5, leases: 0 },
 *   { id: "b", weight: 1, leases: 0 },
 *   { id: "c", weight: 1, leases: 0 },
 * ]);
 * assertEquals(Array.from({ length: 7 }, () => turn.pick()?.id).join(""), "aabacaa");
 * ```
 */
export class RoundRobin<C extends Candidate = Candidate> implements Algorithm<C> {
  readonly #smooth = new SmoothWeights<C>();

  /** A turn among these candidates. */
  constructor(candidates: readonly C[] = []) {
    this.update(candidates);
  }

  /** Takes the candidates; those that stay keep their place in the sequence. */
  update(candidates: readonly C[], weightOf: WeightOf<C> = ownWeight): void {
    this.#smooth.update(candidates, weightOf);
  }

  /** Chooses the next one in turn; one that is refused gains nothing meanwhile, as in nginx. */
  pick(_key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    const next = this.#smooth.next(isRefused);
    return next === -1 ? null : this.#smooth.candidates[next];
  }
}
