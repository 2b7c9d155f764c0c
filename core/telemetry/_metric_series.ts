import type { Counter, Gauge, Histogram } from "./metric_sink.ts";

/** One number, for a counter. */
export class CounterSeries implements Counter {
  value = 0;

  add(amount = 1): void {
    if (!(amount >= 0)) {
      throw new RangeError(`Cannot add to a counter: ${amount} is not a number from 0 on`);
    }
    this.value += amount;
  }
}

/** One number, for a gauge. */
export class GaugeSeries implements Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  add(amount: number): void {
    this.value += amount;
  }
}

/** The buckets of one series of a histogram. */
export class BucketSeries implements Histogram {
  sum = 0;
  count = 0;
  readonly #bounds: readonly number[];
  /** Each value counts in its own bucket alone; they are summed up when somebody looks. */
  readonly #counts: Float64Array;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length);
  }

  observe(value: number): void {
    if (Number.isNaN(value)) {
      throw new RangeError("Cannot observe a value: it is not a number");
    }
    const bounds = this.#bounds;
    // Few bounds, and most values near the first ones: a scan is faster than halving.
    let i = 0;
    while (i < bounds.length && value > bounds[i]) i++;
    if (i < bounds.length) this.#counts[i]++;
    this.sum += value;
    this.count++;
  }

  cumulative(): number[] {
    let below = 0;
    return Array.from(this.#counts, (count) => below += count);
  }
}
