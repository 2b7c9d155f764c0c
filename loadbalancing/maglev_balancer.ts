import { HashedChoice } from "./_hashed_choice.ts";
import type { Algorithm, Candidate, IsRefused } from "./algorithm.ts";
import type { HashOptions } from "./hash_options.ts";
import { MaglevTable } from "./maglev_table.ts";

/**
 * Consistent hashing by Google's Maglev table of 65,537 entries (`maglev` in a configuration): more even than
 * a ring and one look into a table for a key, where a few more keys move when a candidate comes or goes.
 * Candidates that are refused are passed over in the key's own order. Slow start does not move keys.
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { MaglevBalancer } from "@pingo/pingo/loadbalancing";
 *
 * const servers = ["a:1", "b:1", "c:1"].map((id) => ({ id, weight: 1, leases: 0 }));
 * const maglev = new MaglevBalancer(servers);
 * const home = maglev.pick("/cat.jpg");
 * assertEquals(maglev.pick("/cat.jpg"), home);
 * const second = maglev.pick("/cat.jpg", (candidate) => candidate === home);
 * assert(second !== null && second !== home);
 * ```
 */
export class MaglevBalancer<C extends Candidate = Candidate> implements Algorithm<C> {
  /** It goes by a key. */
  readonly isKeyed = true;
  readonly #choice: HashedChoice<C, MaglevTable>;

  /**
   * A table of these candidates.
   *
   * @throws {RangeError} when `balanceFactor` is not above 1
   */
  constructor(candidates: readonly C[] = [], options: HashOptions = {}) {
    this.#choice = new HashedChoice<C, MaglevTable>((servers) => new MaglevTable(servers), options);
    this.update(candidates);
  }

  /** Takes the candidates; the table is computed anew when they differ from before. */
  update(candidates: readonly C[]): void {
    this.#choice.update(candidates);
  }

  /** The candidate that the key belongs to; without a key, one by chance. */
  pick(key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    return this.#choice.pick(key, isRefused);
  }
}
