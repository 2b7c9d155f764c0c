import { checkHashServers, crc32 } from "../ketama/mod.ts";
import { isPrime } from "./_is_prime.ts";
import { fillMaglevTable, mix32 } from "./_maglev_fill.ts";

/** A server as the table takes it. */
export interface MaglevServer {
  /** The text that is hashed: all that share a table have to write it in the same way. */
  readonly address: string;
  /**
   * Its share of the entries in relation to the other servers: a number above 0. However low, it has one entry.
   *
   * @default {1}
   */
  readonly weight?: number;
}

/** Options of {@linkcode MaglevTable}. */
export interface MaglevTableOptions {
  /**
   * Number of entries: a prime, at least the number of servers and at most 2^24. At a hundred entries a server, shares
   * are even to 1 %; a larger table moves fewer keys when servers change, and takes longer to fill.
   *
   * @default {65537}
   */
  readonly size?: number;
}

const MAX_SIZE = 2 ** 24;

/**
 * The look-up table of Google's Maglev: consistent hashing with nearly even shares and one access a look-up.
 *
 * Where {@linkcode KetamaRing} gives a server its share to some 8 %, Maglev gives it to the entry. The price: when a
 * server comes or goes, a few keys (some per cent) of other servers move too. The table depends on the set of servers
 * alone, not on their order. It never changes: for other servers make another one (milliseconds, see
 * maglev_table_bench.ts) and swap the reference.
 *
 * Keys are texts (hashed as UTF-8) or bytes.
 *
 * Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, §3.4; weights by turns
 * taken, as Envoy does it.
 *
 * @example
 * ```ts
 * import { MaglevTable } from "@pingo/pingo/loadbalancing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const servers = [{ address: "a:80" }, { address: "b:80" }, { address: "c:80", weight: 2 }];
 * const table = new MaglevTable(servers);
 * assertEquals(table.servers[table.indexOf("/cat.jpg")].address, table.get("/cat.jpg"));
 *
 * const smaller = new MaglevTable(servers.slice(1));
 * const keys = Array.from({ length: 1000 }, (_, i) => `/images/${i}.jpg`);
 * const moved = keys.filter((key) => table.get(key) !== smaller.get(key));
 * assert(moved.length < 300); // a quarter was on a:80, hardly another key has moved
 * ```
 */
export class MaglevTable {
  /** The servers with their weights; what this class calls an index is a place in this list. */
  readonly servers: readonly Required<MaglevServer>[];
  /** Number of entries. */
  readonly size: number;
  readonly #table: Uint32Array;

  /**
   * Fills a table.
   *
   * @param servers none is permitted: nothing has been discovered yet
   * @throws {TypeError} if an address is empty or no text
   * @throws {RangeError} if an address comes twice, a weight is not above 0, or the size is no prime, smaller than the
   *   number of servers or above 2^24
   */
  constructor(servers: readonly MaglevServer[], options: MaglevTableOptions = {}) {
    const { size = 65537 } = options;
    if (!(size <= MAX_SIZE && isPrime(size))) {
      throw new RangeError(`Cannot create MaglevTable: size ${size} is no prime up to 2^24`);
    }
    if (servers.length > size) {
      throw new RangeError(
        `Cannot create MaglevTable: ${servers.length} servers are more than ${size} entries`,
      );
    }
    this.size = size;
    this.servers = checkHashServers(servers);
    this.#table = fillMaglevTable(this.servers, size);
  }

  /**
   * The server of a key.
   *
   * @throws {RangeError} if the table is empty
   */
  get(key: string | Uint8Array): string {
    const index = this.indexOf(key);
    if (index < 0) throw new RangeError("Cannot get a server: the table is empty");
    return this.servers[index].address;
  }

  /** Index of the server of a key, -1 where the table is empty. */
  indexOf(key: string | Uint8Array): number {
    return this.servers.length === 0 ? -1 : this.#table[this.#entryOf(key)];
  }

  /**
   * Index of the first server in the key's order that a test accepts, -1 where it accepts none. Each server is offered
   * once: the one of the key's entry, then those of the entries behind it, so that the keys of one that fails fall to
   * all others. Allocates only if the first is refused.
   *
   * @example
   * ```ts
   * import { MaglevTable } from "@pingo/pingo/loadbalancing";
   * import { assertEquals } from "@std/assert";
   *
   * const table = new MaglevTable([{ address: "a:1" }, { address: "b:1" }]);
   * const healthy = [false, true];
   * assertEquals(table.findIndex("key", (index) => healthy[index]), 1);
   * ```
   */
  findIndex(key: string | Uint8Array, accept: (index: number) => boolean): number {
    const first = this.indexOf(key);
    if (first < 0 || accept(first)) return first;
    for (const index of this.#indexes(this.#entryOf(key))) {
      if (index !== first && accept(index)) return index;
    }
    return -1;
  }

  /** All servers in the key's order: the one that {@linkcode MaglevTable.get} names, then those to fail over to. */
  *iterate(key: string | Uint8Array): Generator<string, void, undefined> {
    for (const index of this.#indexes(this.#entryOf(key))) yield this.servers[index].address;
  }

  *#indexes(entry: number): Generator<number, void, undefined> {
    const met = new Uint8Array(this.servers.length);
    // Every server has an entry, so that the walk ends.
    for (let left = met.length; left > 0; entry = entry + 1 < this.size ? entry + 1 : 0) {
      const index = this.#table[entry];
      if (met[index] === 1) continue;
      met[index] = 1;
      left--;
      yield index;
    }
  }

  #entryOf(key: string | Uint8Array): number {
    return mix32(crc32(key)) % this.size;
  }
}
