import { KetamaRing } from "../ketama/mod.ts";
import { HashedChoice, type HashServer } from "./_hashed_choice.ts";
import type { Algorithm, Candidate, IsRefused } from "./algorithm.ts";
import type { HashOptions } from "./hash_options.ts";

/** More points than this cost more memory than they spread better; a point takes 12 bytes. */
const MAX_POINTS = 2 ** 21;
const POINTS_PER_WEIGHT = 160;

/**
 * Consistent hashing on nginx's ring: a key stays with its candidate while others come and go (`ketama` in a
 * configuration). With the same candidates in the same order it chooses as nginx's `hash … consistent` does,
 * where the id of a candidate is the address that nginx has. Candidates that are refused are passed over in
 * the key's own order, so that a key has always the same second home. Slow start does not move keys.
 *
 * Weights that would make a ring of more than 2^21 points are scaled down together.
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { KetamaBalancer } from "@pingo/pingo/loadbalancing";
 *
 * const servers = ["a:1", "b:1", "c:1"].map((id) => ({ id, weight: 1, leases: 0 }));
 * const ketama = new KetamaBalancer(servers);
 * const home = ketama.pick("/cat.jpg");
 * assertEquals(ketama.pick("/cat.jpg"), home);
 * const second = ketama.pick("/cat.jpg", (candidate) => candidate === home);
 * assert(second !== null && second !== home);
 * ```
 */
export class KetamaBalancer<C extends Candidate = Candidate> implements Algorithm<C> {
  /** It goes by a key. */
  readonly isKeyed = true;
  readonly #choice: HashedChoice<C, KetamaRing>;

  /**
   * A ring of these candidates.
   *
   * @throws {RangeError} when `balanceFactor` is not above 1
   */
  constructor(candidates: readonly C[] = [], options: HashOptions = {}) {
    this.#choice = new HashedChoice<C, KetamaRing>(makeRing, options);
    this.update(candidates);
  }

  /** Takes the candidates; only what differs from before is computed anew. */
  update(candidates: readonly C[]): void {
    this.#choice.update(candidates);
  }

  /** The candidate that the key belongs to; without a key, one by chance. */
  pick(key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    return this.#choice.pick(key, isRefused);
  }
}

function makeRing(servers: readonly HashServer[], before: KetamaRing | null): KetamaRing {
  const points = servers.reduce((sum, { weight }) => sum + weight, 0) * POINTS_PER_WEIGHT;
  const scale = Math.min(1, MAX_POINTS / points);
  const scaled = scale === 1 ? servers : servers.map(({ address, weight }) => ({
    address,
    weight: Math.max(1, Math.round(weight * scale)),
  }));
  return before === null ? new KetamaRing(scaled) : before.replace(scaled);
}
