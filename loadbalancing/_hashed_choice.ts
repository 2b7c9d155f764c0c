import { BoundedLoads, type ConsistentHash } from "../ketama/mod.ts";
import { systemRandom } from "../timeout/mod.ts";
import { WeightedDraw } from "./_weighted_draw.ts";
import type { Candidate, IsRefused } from "./algorithm.ts";
import type { HashOptions } from "./hash_options.ts";

/** A ring or a table: which place in the list of servers a key belongs to. */
export interface HashTable extends ConsistentHash {
  /** The place, -1 where there is none. */
  indexOf(key: string): number;
}

/** The servers of a table, as ketama and maglev take them. */
export interface HashServer {
  readonly address: string;
  readonly weight: number;
}

/** Makes the table of a list of servers; it may take parts of the one before. */
export type MakeTable<Table extends HashTable> = (
  servers: readonly HashServer[],
  before: Table | null,
) => Table;

/** What hashing algorithms have in common: failover in the key's order, bounded loads, requests without a key. */
export class HashedChoice<C extends Candidate, Table extends HashTable> {
  readonly #makeTable: MakeTable<Table>;
  readonly #epsilon: number;
  /** For requests without a key. */
  readonly #draw: WeightedDraw<C>;
  #candidates: readonly C[] = [];
  #servers: readonly HashServer[] = [];
  #table: Table | null = null;
  #bounded: BoundedLoads | null = null;
  /** Of the choice under way, so that a choice makes no closure. */
  #isRefused: IsRefused<C> | null = null;

  constructor(makeTable: MakeTable<Table>, options: HashOptions) {
    const { balanceFactor = Infinity, random = systemRandom } = options;
    if (!(balanceFactor > 1)) {
      throw new RangeError(`Cannot hash: balanceFactor ${balanceFactor} is not above 1`);
    }
    this.#makeTable = makeTable;
    this.#epsilon = balanceFactor - 1;
    this.#draw = new WeightedDraw(random);
  }

  update(candidates: readonly C[]): void {
    this.#draw.update(candidates);
    const servers = candidates.map(({ id, weight }) => ({ address: id, weight }));
    // Slow start and health come here often; the same servers need no other table.
    if (this.#table === null || !isSame(servers, this.#servers)) this.#setTable(servers);
    this.#candidates = candidates;
  }

  #setTable(servers: readonly HashServer[]): void {
    this.#table = servers.length === 0 ? null : this.#makeTable(servers, this.#table);
    this.#servers = servers;
    this.#bounded = this.#table === null || this.#epsilon === Infinity
      ? null
      : new BoundedLoads(this.#table, this.#loadOf, { epsilon: this.#epsilon });
  }

  pick(key: string | null, isRefused: IsRefused<C> | null): C | null {
    const table = this.#table;
    if (table === null) return null;
    if (key === null) return this.#at(this.#draw.draw(isRefused, -1));
    if (isRefused === null && this.#bounded === null) return this.#at(table.indexOf(key));
    const outer = this.#isRefused;
    this.#isRefused = isRefused;
    try {
      return this.#at(
        this.#bounded === null ? table.findIndex(key, this.#accepts) : this.#bounded.indexOf(key),
      );
    } finally {
      this.#isRefused = outer;
    }
  }

  readonly #accepts = (index: number): boolean =>
    this.#isRefused === null || !this.#isRefused(this.#candidates[index]);

  readonly #loadOf = (index: number): number =>
    this.#accepts(index) ? this.#candidates[index].leases : Infinity;

  #at(index: number): C | null {
    return index === -1 ? null : this.#candidates[index];
  }
}

function isSame(one: readonly HashServer[], other: readonly HashServer[]): boolean {
  return one.length === other.length &&
    one.every(({ address, weight }, i) =>
      address === other[i].address && weight === other[i].weight
    );
}
