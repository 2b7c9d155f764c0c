import type { Clock } from "../clock.ts";
import { ringSlot } from "../_ring_slot.ts";
import { savedCount, savedNumber, savedObject } from "./_saved.ts";

/** Calls and failures of the last while, in a ring of buckets with running sums. */
export class TimeWindow {
  readonly #clock: Clock;
  readonly #bucketMs: number;
  readonly #calls: Float64Array;
  readonly #failures: Float64Array;
  /** Bucket of the time at work, counted from time 0 of the clock. */
  #bucket: number;
  #callSum = 0;
  #failureSum = 0;

  constructor(clock: Clock, windowMs: number, buckets: number) {
    this.#clock = clock;
    this.#bucketMs = windowMs / buckets;
    this.#calls = new Float64Array(buckets);
    this.#failures = new Float64Array(buckets);
    this.#bucket = this.#current();
  }

  /** Calls within the window, as of the last `add`. */
  get calls(): number {
    return this.#callSum;
  }

  /** Failures within the window, as of the last `add`. */
  get failures(): number {
    return this.#failureSum;
  }

  /** @param failure 1 for a failure, else 0 */
  add(failure: number): void {
    this.#slide();
    const slot = this.#slot(0);
    this.#calls[slot]++;
    this.#failures[slot] += failure;
    this.#callSum++;
    this.#failureSum += failure;
  }

  reset(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#callSum = 0;
    this.#failureSum = 0;
    this.#bucket = this.#current();
  }

  /** `counts` are calls and failures in turn, the newest bucket first. */
  save(): unknown {
    this.#slide();
    const counts: number[] = [];
    for (let age = 0; age < this.#calls.length; age++) {
      const slot = this.#slot(age);
      counts.push(this.#calls[slot], this.#failures[slot]);
    }
    return { at: this.#clock.epoch(), bucketMs: this.#bucketMs, counts };
  }

  load(saved: unknown): void {
    const { at, bucketMs, counts } = savedObject(saved);
    const savedBucketMs = savedNumber(bucketMs);
    if (!Array.isArray(counts) || counts.length % 2 !== 0 || !(savedBucketMs > 0)) {
      throw new TypeError("Cannot load circuit: the window is not one that was saved");
    }
    const values = counts.map(savedCount);
    // The wall clock may have jumped back.
    const passedMs = Math.max(0, this.#clock.epoch() - savedNumber(at));
    this.reset();
    for (let n = 0; n < values.length; n += 2) {
      const age = Math.floor((passedMs + n / 2 * savedBucketMs) / this.#bucketMs);
      if (age < this.#calls.length) this.#put(age, values[n], values[n + 1]);
    }
  }

  #put(age: number, calls: number, failures: number): void {
    const slot = this.#slot(age);
    this.#calls[slot] += calls;
    this.#failures[slot] += failures;
    this.#callSum += calls;
    this.#failureSum += failures;
  }

  #slot(age: number): number {
    return ringSlot(this.#bucket - age, this.#calls.length);
  }

  #current(): number {
    return Math.floor(this.#clock.now() / this.#bucketMs);
  }

  /** Empties the buckets whose time has come round again. */
  #slide(): void {
    const current = this.#current();
    if (current === this.#bucket) return;
    const size = this.#calls.length;
    const first = Math.max(this.#bucket + 1, current - size + 1);
    for (let bucket = first; bucket <= current; bucket++) {
      const slot = ringSlot(bucket, size);
      this.#callSum -= this.#calls[slot];
      this.#failureSum -= this.#failures[slot];
      this.#calls[slot] = 0;
      this.#failures[slot] = 0;
    }
    this.#bucket = current;
  }
}
