import type { MaglevServer } from "@pingo/pingo/loadbalancing";
import { naiveCrc32 } from "../ketama/_naive_ring.ts";

/** The finalizer of MurmurHash3 in whole numbers of any size. */
export function naiveMix(hash: bigint): bigint {
  const low = (h: bigint): bigint => h & 0xffffffffn;
  let h = hash ^ (hash >> 16n);
  h = low(h * 0x85ebca6bn);
  h ^= h >> 13n;
  h = low(h * 0xc2b2ae35n);
  return h ^ (h >> 16n);
}

export function naiveKeyEntry(key: string, size: number): number {
  const hash = BigInt(naiveCrc32(new TextEncoder().encode(key)));
  return Number(naiveMix(hash) % BigInt(size));
}

/**
 * The paper's pseudo code 1 word by word, over whole permutation lists: the address of each entry. Servers take turns
 * in the order of their addresses; one of a share w of the highest weight takes its turn number t in round t / w.
 */
export function naiveMaglev(servers: readonly MaglevServer[], size: number): string[] {
  const sorted = [...servers].sort((a, b) => (a.address < b.address ? -1 : 1));
  const highest = Math.max(...sorted.map(({ weight = 1 }) => weight));
  const permutation = sorted.map(({ address }) => {
    const hash = BigInt(naiveCrc32(new TextEncoder().encode(address)));
    const offset = Number(naiveMix(hash) % BigInt(size));
    const skip = Number(naiveMix(hash ^ 0x9e3779b9n) % BigInt(size - 1)) + 1;
    return Array.from({ length: size }, (_, j) => (offset + j * skip) % size);
  });
  const next = sorted.map(() => 0);
  const turns = sorted.map(() => 0);
  const entry: (string | null)[] = Array.from({ length: size }, () => null);
  for (let n = 0, round = 1; n < size; round++) {
    for (let i = 0; i < sorted.length && n < size; i++) {
      if (turns[i] * highest > round * (sorted[i].weight ?? 1)) continue;
      turns[i]++;
      let c = permutation[i][next[i]];
      while (entry[c] !== null) c = permutation[i][++next[i]];
      entry[c] = sorted[i].address;
      next[i]++;
      n++;
    }
  }
  return entry.map((address) => address ?? "");
}
