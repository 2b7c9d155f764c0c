/** What bounded loads need of a table of servers: a `KetamaRing` is one, and so is a `MaglevTable`. */
export interface ConsistentHash {
  /** The servers in the order of their indexes. */
  readonly servers: readonly { readonly address: string; readonly weight: number }[];
  /** Index of the first server in a key's order that a test accepts, or -1. */
  findIndex(key: string | Uint8Array, accept: (index: number) => boolean): number;
}

/** Options of {@linkcode BoundedLoads}. */
export interface BoundedLoadsOptions {
  /**
   * How far above the mean a server may be loaded, as a part of the mean; above 0. The lower, the more even the loads,
   * and the more keys leave their own server.
   *
   * @default {0.25}
   */
  readonly epsilon?: number;
}

/**
 * Consistent hashing with bounded loads: a key whose own server is full goes to the next one in its order, so that no
 * popular key overloads its server.
 *
 * A server is full at ceil((1 + epsilon) · mean load), where the mean includes the load unit about to be placed and a
 * server counts by its weight. Loads are the caller's: requests in flight, as a rule. A look-up asks for the load of
 * each server once or twice, and allocates nothing on a `KetamaRing`.
 *
 * Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018; `hash-balance-factor` of
 * HAProxy is 100 · (1 + epsilon).
 *
 * @example
 * ```ts
 * import { BoundedLoads, KetamaRing } from "@pingo/pingo/ketama";
 * import { assertEquals } from "@std/assert";
 *
 * const ring = new KetamaRing([{ address: "a:80" }, { address: "b:80" }, { address: "c:80" }]);
 * const inFlight = [0, 0, 0];
 * const bounded = new BoundedLoads(ring, (index) => inFlight[index]);
 * for (let i = 0; i < 12; i++) inFlight[bounded.indexOf("the one popular key")]++;
 * assertEquals(Math.max(...inFlight), 5); // ceil(1.25 · 12 / 3), where a plain ring gives 12
 * ```
 */
export class BoundedLoads {
  readonly #table: ConsistentHash;
  readonly #loadOf: (index: number) => number;
  readonly #factor: number;
  /** Capacity for weight 1 in the look-up that is on its way. */
  #perWeight = 0;
  readonly #hasRoom = (index: number): boolean => this.#loadOf(index) < this.#capacity(index);

  /**
   * Chooses by a table, within bounds.
   *
   * @param table a ring or another table; as it never changes, another one takes another `BoundedLoads`
   * @param loadOf the load of a server now, from 0 on; `Infinity` for one that may not be chosen, which then counts for
   *   no mean
   * @throws {RangeError} if epsilon is not above 0
   */
  constructor(
    table: ConsistentHash,
    loadOf: (index: number) => number,
    options: BoundedLoadsOptions = {},
  ) {
    const { epsilon = 0.25 } = options;
    if (!(epsilon > 0 && epsilon < Infinity)) {
      throw new RangeError(`Cannot bound loads: epsilon ${epsilon} is not above 0`);
    }
    this.#table = table;
    this.#loadOf = loadOf;
    this.#factor = 1 + epsilon;
  }

  /**
   * Index of the first server in the key's order that has room, -1 where none may be chosen. The caller adds the load.
   */
  indexOf(key: string | Uint8Array): number {
    this.#measure();
    return this.#table.findIndex(key, this.#hasRoom);
  }

  /**
   * The server of a key.
   *
   * @throws {RangeError} if no server may be chosen
   */
  get(key: string | Uint8Array): string {
    const index = this.indexOf(key);
    if (index < 0) throw new RangeError("Cannot get a server: none may be chosen");
    return this.#table.servers[index].address;
  }

  /** The load at which a server is full now; one that may not be chosen has room for nothing: 0. */
  capacityOf(index: number): number {
    this.#measure();
    return this.#loadOf(index) < Infinity ? this.#capacity(index) : 0;
  }

  #measure(): void {
    const { servers } = this.#table;
    let load = 1;
    let weight = 0;
    for (let index = 0; index < servers.length; index++) {
      const own = this.#loadOf(index);
      if (!(own < Infinity)) continue;
      load += own;
      weight += servers[index].weight;
    }
    this.#perWeight = this.#factor * load / weight;
  }

  #capacity(index: number): number {
    // What lies above a whole number by an error of rounding alone, such as 1.1 · 50, is that number.
    return Math.ceil(this.#perWeight * this.#table.servers[index].weight - 1e-9);
  }
}
