import { checkServer, type KetamaServer } from "./ketama_server.ts";
import { libketamaVariant } from "./_libketama_variant.ts";
import { nginxVariant } from "./_nginx_variant.ts";
import { buildState, emptyState, type RingState } from "./_ring_state.ts";
import type { Variant } from "./_variant.ts";
import { RingWalk } from "./_ring_walk.ts";

/** Options of {@linkcode KetamaRing}. */
export interface KetamaRingOptions {
  /**
   * Whose ring it is, to the bit: `"nginx"` is that of nginx's `hash … consistent`, of Pingora and of
   * Cache::Memcached::Fast (CRC-32), `"libketama"` that of Last.fm's library (MD5).
   *
   * @default {"nginx"}
   */
  readonly variant?: "nginx" | "libketama";
  /**
   * Number of points for weight 1, from 1 on; in libketama for a server of mean weight, a multiple of 4 (four a digest)
   * from 8 on. More points spread the keys more evenly and take 12 bytes each; another number is another ring.
   *
   * @default {160}
   */
  readonly pointsPerWeight?: number;
}

const variants: Readonly<Record<string, Variant>> = {
  nginx: nginxVariant,
  libketama: libketamaVariant,
};

/**
 * A consistent hash ring: keys stay where they are when servers come and go.
 *
 * Each server owns 160 points × weight on a circle of 2^32 places; a key belongs to the next point at or behind its own
 * hash. Of n servers one that comes takes about 1/n of the keys, from all others; the keys of one that goes fall to all
 * others; no other key moves. The same servers in the same order, written in the same way, make the same ring in nginx.
 *
 * A ring never changes. {@linkcode KetamaRing.add}, {@linkcode KetamaRing.remove}, {@linkcode KetamaRing.update} and
 * {@linkcode KetamaRing.replace} return another ring that takes over the points of all servers that stay, so that to
 * swap a ring is one assignment, and whoever still walks over the old one sees the old one to the end.
 *
 * Keys are texts (hashed as UTF-8) or bytes. nginx falls back to round robin once 20 points in a row were of no use;
 * the walk here ends only when each server has been offered once.
 *
 * @example
 * ```ts
 * import { KetamaRing } from "@pingo/pingo/ketama";
 * import { assertEquals } from "@std/assert";
 *
 * let ring = new KetamaRing([
 *   { address: "10.0.0.1:8080" },
 *   { address: "10.0.0.2:8080", weight: 2 },
 *   { address: "unix:/run/app.sock" },
 * ]);
 * const [first, second, third] = ring.iterate("/cat.jpg");
 * assertEquals(ring.get("/cat.jpg"), first);
 * assertEquals(new Set([first, second, third]).size, 3);
 *
 * ring = ring.remove(first);
 * assertEquals(ring.get("/cat.jpg"), second);
 * ```
 */
export class KetamaRing {
  readonly #options: Required<KetamaRingOptions>;
  readonly #variant: Variant;
  #state: RingState = emptyState;
  /** For {@linkcode KetamaRing.findIndex}; null while one is on its way, as a test may ask the ring again. */
  #walk: RingWalk | null = null;

  /**
   * Makes a ring.
   *
   * @param servers none is permitted: nothing has been discovered yet
   * @throws {TypeError} if an address is empty or no text, or the variant is unknown
   * @throws {RangeError} if an address comes twice, a weight is not above 0, or the points are too many (2^24)
   */
  constructor(servers: readonly KetamaServer[], options: KetamaRingOptions = {}) {
    const { variant = "nginx", pointsPerWeight = 160 } = options;
    if (!Object.hasOwn(variants, variant)) {
      throw new TypeError(`Cannot create KetamaRing: variant ${variant} is unknown`);
    }
    const [step, least] = variant === "libketama" ? [4, 8] : [1, 1];
    if (!(pointsPerWeight >= least && Number.isInteger(pointsPerWeight / step))) {
      throw new RangeError(
        `Cannot create KetamaRing: pointsPerWeight ${pointsPerWeight} is no multiple of ${step} from ${least} on`,
      );
    }
    this.#options = { variant, pointsPerWeight };
    this.#variant = variants[variant];
    this.#become(servers, emptyState);
  }

  /** The servers with their weights; what this class calls an index is a place in this list. */
  get servers(): readonly Required<KetamaServer>[] {
    return this.#state.servers;
  }

  /** Number of points on the circle. */
  get pointCount(): number {
    return this.#state.points.hashes.length;
  }

  /**
   * The server of a key.
   *
   * @throws {RangeError} if the ring is empty
   */
  get(key: string | Uint8Array): string {
    const index = this.indexOf(key);
    if (index < 0) throw new RangeError("Cannot get a server: the ring is empty");
    return this.#state.servers[index].address;
  }

  /** Index of the server of a key, -1 where the ring is empty. */
  indexOf(key: string | Uint8Array): number {
    const { index, points } = this.#state;
    return index === null ? -1 : points.owners[index.search(this.#variant.hashKey(key))];
  }

  /**
   * Index of the first server in the key's order that a test accepts, -1 where it accepts none. Each server is offered
   * once. Allocates nothing: what a balancer calls for each request, with the health of a server as the test.
   *
   * @example
   * ```ts
   * import { KetamaRing } from "@pingo/pingo/ketama";
   * import { assertEquals } from "@std/assert";
   *
   * const ring = new KetamaRing([{ address: "a:1" }, { address: "b:1" }]);
   * const healthy = [false, true];
   * assertEquals(ring.findIndex("key", (index) => healthy[index]), 1);
   * ```
   */
  findIndex(key: string | Uint8Array, accept: (index: number) => boolean): number {
    const walk = this.#walk ?? new RingWalk(this.#state);
    this.#walk = null;
    walk.start(this.#variant.hashKey(key));
    let index = walk.next();
    while (index >= 0 && !accept(index)) index = walk.next();
    this.#walk = walk;
    return index;
  }

  /** All servers in the key's order: the one that {@linkcode KetamaRing.get} names, then those to fail over to. */
  *iterate(key: string | Uint8Array): Generator<string, void, undefined> {
    const { servers } = this.#state;
    const walk = new RingWalk(this.#state);
    walk.start(this.#variant.hashKey(key));
    for (let index = walk.next(); index >= 0; index = walk.next()) yield servers[index].address;
  }

  /**
   * This ring and one server more, behind the others.
   *
   * @throws {RangeError} if the address is there already
   */
  add(server: KetamaServer): KetamaRing {
    return this.replace([...this.#state.servers, server]);
  }

  /**
   * This ring without a server.
   *
   * @throws {RangeError} if the address is not there
   */
  remove(address: string): KetamaRing {
    this.#place(address, "remove");
    return this.replace(this.#state.servers.filter((server) => server.address !== address));
  }

  /**
   * This ring with another weight of one of its servers.
   *
   * @throws {RangeError} if the address is not there
   */
  update(server: KetamaServer): KetamaRing {
    const place = this.#place(server.address, "update");
    return this.replace(this.#state.servers.with(place, checkServer(server)));
  }

  /**
   * The ring of another list of servers. It is the same as a new one, but the points of servers that are in both lists
   * with the same weight are taken over: only the others cost more than a pass over the points.
   *
   * @example
   * ```ts
   * import { KetamaRing } from "@pingo/pingo/ketama";
   * import { assertEquals } from "@std/assert";
   *
   * const discovered = [{ address: "a:1" }, { address: "b:1", weight: 3 }];
   * const ring = new KetamaRing([{ address: "a:1" }, { address: "c:1" }]).replace(discovered);
   * assertEquals(ring.get("key"), new KetamaRing(discovered).get("key"));
   * ```
   */
  replace(servers: readonly KetamaServer[]): KetamaRing {
    const ring = new KetamaRing([], this.#options);
    ring.#become(servers, this.#state);
    return ring;
  }

  #become(servers: readonly KetamaServer[], previous: RingState): void {
    const { pointsPerWeight } = this.#options;
    this.#state = buildState(servers, { variant: this.#variant, pointsPerWeight, previous });
  }

  #place(address: string, verb: string): number {
    const index = this.#state.indexes.get(address);
    if (index !== undefined) return index;
    throw new RangeError(`Cannot ${verb} server ${address}: it is not in the ring`);
  }
}
