/**
 * Consistent hashing: {@linkcode KetamaRing}, to the bit the ring of nginx's `hash … consistent`, or that of libketama.
 *
 * Keys stay with their server while other servers come and go, which is what keeps caches behind a balancer warm.
 * Needs no permission and nothing else.
 *
 * @example
 * ```ts
 * import { KetamaRing } from "@pingo/pingo/ketama";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const before = new KetamaRing([
 *   { address: "10.0.0.1:80" },
 *   { address: "10.0.0.2:80" },
 *   { address: "10.0.0.3:80", weight: 2 },
 * ]);
 * const after = before.add({ address: "10.0.0.4:80" });
 *
 * const keys = Array.from({ length: 1000 }, (_, i) => `/images/${i}.jpg`);
 * const moved = keys.filter((key) => after.get(key) !== before.get(key));
 * assert(moved.length < 300); // about a fifth: the share of the new server
 * assertEquals(moved.every((key) => after.get(key) === "10.0.0.4:80"), true);
 * ```
 *
 * @module
 */
export { KetamaRing, type KetamaRingOptions } from "./ketama_ring.ts";
export { checkHashServers, type KetamaServer } from "./ketama_server.ts";
export { BoundedLoads, type BoundedLoadsOptions, type ConsistentHash } from "./bounded_loads.ts";
export { crc32 } from "./crc32.ts";
