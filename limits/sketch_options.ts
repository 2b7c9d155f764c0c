/** Options of what counts in a sketch. */
export interface SketchOptions {
  /**
   * How many counters each key has, 1 to 16. More of them make it less likely that all of a key's are
   * shared with others.
   *
   * @default {4}
   */
  rows?: number;
  /**
   * How many counters a row has; rounded up to a power of two, at most 2 ** 24. A counter takes 8 bytes.
   *
   * @default {8192}
   */
  columns?: number;
  /**
   * Chance, for the seeds of the hash.
   *
   * @default {systemRandom}
   */
  random?: () => number;
}
