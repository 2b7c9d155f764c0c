import { checkFiniteMs, checkShare, checkWhole } from "../_number.ts";

/** A latency that follows what is measured; a `hedge` waits for that long. */
export interface LatencyEstimate {
  /** The estimate, in milliseconds. */
  readonly currentMs: number;
  /** Takes one measurement in. */
  record(latencyMs: number): void;
}

/** Options of {@linkcode PercentileLatency}. */
export interface PercentileLatencyOptions {
  /**
   * Share of the calls that are faster, above 0 and at most 1.
   * @default {0.95}
   */
  percentile?: number;
  /**
   * The estimate until `minSamples` calls were measured.
   * @default {1_000}
   */
  initialMs?: number;
  /**
   * Calls to measure before the estimate is trusted, 1 to `window`.
   * @default {20}
   */
  minSamples?: number;
  /**
   * How many of the last calls are looked at, 1 to 10,000.
   * @default {200}
   */
  window?: number;
}

/** A sort each so many measurements costs little beside a call over the network. */
const SAMPLES_A_SORT = 16;
const MOST_SAMPLES = 10_000;

/**
 * A percentile of the last latencies, exact over a window (nearest rank). At
 * the 95th one call in twenty is hedged (Dean and Barroso, "The Tail at
 * Scale", CACM 2013).
 *
 * @example
 * ```ts
 * import { PercentileLatency } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const latency = new PercentileLatency({ percentile: 0.9, initialMs: 500, minSamples: 10 });
 * assertEquals(latency.currentMs, 500);
 * for (let ms = 1; ms <= 10; ms++) latency.record(ms);
 * assertEquals(latency.currentMs, 9);
 * ```
 */
export class PercentileLatency implements LatencyEstimate {
  readonly #percentile: number;
  readonly #minSamples: number;
  readonly #samples: Float64Array;
  #next = 0;
  #count = 0;
  #unsorted = 0;
  #currentMs: number;

  /**
   * An estimate that has measured nothing.
   *
   * @throws {RangeError} if an option is out of its range
   */
  constructor(options: PercentileLatencyOptions = {}) {
    const { percentile = 0.95, initialMs = 1_000, minSamples = 20, window = 200 } = options;
    const action = "create PercentileLatency";
    checkShare(action, "percentile", percentile);
    checkFiniteMs(action, "initialMs", initialMs);
    checkWhole(action, "minSamples", minSamples, 1);
    checkWhole(action, "window", window, 1);
    if (window > MOST_SAMPLES || minSamples > window) {
      throw new RangeError(
        `Cannot ${action}: window ${window} is not within minSamples and ${MOST_SAMPLES}`,
      );
    }
    this.#percentile = percentile;
    this.#minSamples = minSamples;
    this.#samples = new Float64Array(window);
    this.#currentMs = initialMs;
  }

  /** The percentile; `initialMs` while too little is known. */
  get currentMs(): number {
    return this.#currentMs;
  }

  /**
   * Takes the latency of one call in.
   *
   * @throws {RangeError} if it is negative or not finite
   */
  record(latencyMs: number): void {
    checkFiniteMs("record latency", "latencyMs", latencyMs);
    const size = this.#samples.length;
    this.#samples[this.#next] = latencyMs;
    this.#next = this.#next + 1 === size ? 0 : this.#next + 1;
    if (this.#count < size) this.#count++;
    this.#unsorted++;
    if (this.#count < this.#minSamples) return;
    // Each time while the samples are few, so that the first estimate is not an old one.
    if (this.#unsorted >= SAMPLES_A_SORT || this.#count <= this.#minSamples) this.#estimate();
  }

  #estimate(): void {
    const sorted = this.#samples.slice(0, this.#count).sort();
    this.#currentMs = sorted[Math.ceil(this.#percentile * this.#count) - 1];
    this.#unsorted = 0;
  }
}
