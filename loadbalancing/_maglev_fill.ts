import { crc32 } from "../ketama/mod.ts";

/** The table of servers by weight, filled as the paper's `Populate` (§3.4) does it: the server of each entry. */
export function fillMaglevTable(
  servers: readonly Required<{ address: string; weight: number }>[],
  size: number,
): Uint32Array {
  const table = new Uint32Array(size);
  if (servers.length === 0) return table;
  // By address, so that the table depends on the set of servers alone.
  const order = servers.map((_, index) => index)
    .sort((a, b) => servers[a].address < servers[b].address ? -1 : 1);
  const highest = servers.reduce((most, { weight }) => Math.max(most, weight), 0);
  const hashes = order.map((index) => crc32(servers[index].address));
  // A server's permutation of the table is offset, offset + skip, offset + 2 skip, … modulo the prime size.
  const next = Float64Array.from(hashes, (hash) => mix32(hash) % size);
  const skips = Float64Array.from(hashes, (hash) => mix32(hash ^ SECOND) % (size - 1) + 1);
  const turns = new Uint32Array(order.length);
  const taken = new Uint8Array(size);
  let left = size;
  for (let round = 1;; round++) {
    for (let i = 0; i < order.length; i++) {
      // Who has a third of the highest weight takes part in a third of the rounds, and always in the first.
      if (round * servers[order[i]].weight < turns[i] * highest) continue;
      turns[i]++;
      let entry = next[i];
      while (taken[entry] === 1) entry = step(entry, skips[i], size);
      next[i] = step(entry, skips[i], size);
      taken[entry] = 1;
      table[entry] = order[i];
      if (--left === 0) return table;
    }
  }
}

/** Makes the second of the paper's two hash functions out of the first. */
const SECOND = 0x9e3779b9;

function step(entry: number, skip: number, size: number): number {
  const next = entry + skip;
  return next < size ? next : next - size;
}

/** Spreads a hash over all 32 bits (the finalizer of MurmurHash3): CRC-32 of texts that are alike is alike. */
export function mix32(hash: number): number {
  let h = hash ^ hash >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
}
