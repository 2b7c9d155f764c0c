import type { Random } from "../timeout/mod.ts";
import { weightsOf } from "./_weights.ts";
import { type Candidate, type IsRefused, ownWeight, type WeightOf } from "./algorithm.ts";

/** How often chance is asked before the candidates are looked through. */
const MAX_DRAWS = 4;

/**
 * Draws candidates by weight. Vose's alias method (1991): a draw costs one number whatever the weights and
 * however many they are.
 */
export class WeightedDraw<C extends Candidate> {
  readonly #random: Random;
  #candidates: readonly C[] = [];
  #weights = new Float64Array(0);
  /** Null where all weights are equal. */
  #share: Float64Array | null = null;
  #alias = new Uint32Array(0);

  constructor(random: Random) {
    this.#random = random;
  }

  get candidates(): readonly C[] {
    return this.#candidates;
  }

  get weights(): Float64Array {
    return this.#weights;
  }

  update(candidates: readonly C[], weightOf: WeightOf<C> = ownWeight): void {
    this.#weights = weightsOf(candidates, weightOf);
    this.#candidates = candidates;
    const isEven = this.#weights.every((weight) => weight === this.#weights[0]);
    this.#share = isEven ? null : new Float64Array(candidates.length);
    this.#alias = new Uint32Array(isEven ? 0 : candidates.length);
    if (this.#share !== null) fillAliases(this.#weights, this.#share, this.#alias);
  }

  /** The place of a candidate that is not refused and not `except`; -1 when there is none. */
  draw(isRefused: IsRefused<C> | null, except: number): number {
    const candidates = this.#candidates;
    if (candidates.length === 0) return -1;
    // A draw that is thrown away and repeated leaves the others' shares as they are.
    for (let i = 0; i < MAX_DRAWS; i++) {
      const drawn = this.#drawAny();
      if (drawn !== except && (isRefused === null || !isRefused(candidates[drawn]))) return drawn;
    }
    return this.#lookThrough(isRefused, except);
  }

  #drawAny(): number {
    const at = this.#random() * this.#candidates.length;
    const i = Math.floor(at);
    if (this.#share === null) return i;
    return at - i < this.#share[i] ? i : this.#alias[i];
  }

  #lookThrough(isRefused: IsRefused<C> | null, except: number): number {
    const candidates = this.#candidates;
    let total = 0;
    let last = -1;
    for (let i = 0; i < candidates.length; i++) {
      if (i === except || (isRefused !== null && isRefused(candidates[i]))) continue;
      total += this.#weights[i];
      last = i;
    }
    let rest = this.#random() * total;
    for (let i = 0; i < last; i++) {
      if (i === except || (isRefused !== null && isRefused(candidates[i]))) continue;
      rest -= this.#weights[i];
      if (rest < 0) return i;
    }
    return last;
  }
}

function fillAliases(weights: Float64Array, share: Float64Array, alias: Uint32Array): void {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scaled = weights.map((weight) => weight * weights.length / total);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < scaled.length; i++) (scaled[i] < 1 ? small : large).push(i);
  for (;;) {
    const less = small.pop();
    const more = large.pop();
    if (less === undefined || more === undefined) {
      // What is left has a whole share, but for rounding.
      for (const i of [...small, ...large, less, more]) if (i !== undefined) share[i] = 1;
      return;
    }
    share[less] = scaled[less];
    alias[less] = more;
    scaled[more] -= 1 - scaled[less];
    (scaled[more] < 1 ? small : large).push(more);
  }
}
