/**
 * Finds the first point at or behind a hash. A binary search over 100,000 points misses the cache at most of its 17
 * steps; the upper bits of the hash lead at once to the one or two points that share them (ketama_ring_bench.ts).
 */
export class PointIndex {
  readonly #hashes: Uint32Array;
  readonly #shift: number;
  /** First point of each bucket, and the number of points at the end. */
  readonly #starts: Uint32Array;

  /** @param hashes points in ascending order, at least one */
  constructor(hashes: Uint32Array) {
    // As many buckets as points, in powers of two; at least two, as a shift by 32 is none.
    const bits = Math.max(1, 32 - Math.clz32(hashes.length - 1));
    this.#hashes = hashes;
    this.#shift = 32 - bits;
    this.#starts = new Uint32Array(2 ** bits + 1);
    let bucket = 0;
    for (let i = 0; i < hashes.length; i++) {
      for (const own = hashes[i] >>> this.#shift; bucket <= own; bucket++) this.#starts[bucket] = i;
    }
    this.#starts.fill(hashes.length, bucket);
  }

  /** The first point that is not below the hash, 0 where the ring begins anew. */
  search(hash: number): number {
    const hashes = this.#hashes;
    const bucket = hash >>> this.#shift;
    let low = this.#starts[bucket];
    let high = this.#starts[bucket + 1];
    // Binary, so that points which crowd in one bucket cost a few steps and no more.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hashes[middle] < hash) low = middle + 1;
      else high = middle;
    }
    return low < hashes.length ? low : 0;
  }
}
