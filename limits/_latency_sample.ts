/** How many latencies are kept of one window: enough for a quantile, and quickly sorted. */
const SIZE = 512;

/** Latencies of one window; of many, a fair choice of them (reservoir sampling, Vitter 1985). */
export class LatencySample {
  readonly #kept = new Float64Array(SIZE);
  readonly #random: () => number;
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    const at = this.#count < SIZE ? this.#count : Math.floor(this.#random() * (this.#count + 1));
    if (at < SIZE) this.#kept[at] = ms;
    this.#count++;
  }

  /** The latency that a share of all is not above; there must be one. Forgets all. */
  takeQuantile(share: number): number {
    const kept = this.#kept.subarray(0, Math.min(SIZE, this.#count)).sort();
    this.#count = 0;
    return kept[Math.min(kept.length - 1, Math.floor(share * kept.length))];
  }

  clear(): void {
    this.#count = 0;
  }
}
