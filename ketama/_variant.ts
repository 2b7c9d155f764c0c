/** What one kind of ring hashes, and how: the ring itself knows points only. */
export interface Variant {
  /** The place of a key: a whole number from 0 to 2^32 - 1. */
  readonly hashKey: (key: string | Uint8Array) => number;
  /** Number of points of a server each. The points of a lower number are the first ones of a higher. */
  readonly countPoints: (weights: readonly number[], pointsPerWeight: number) => number[];
  /** Writes the points of a server from an offset on. */
  readonly writePoints: (address: string, count: number, points: Uint32Array, at: number) => void;
}
