import { EARLY_MS, type Rule } from "./_rule.ts";
import type { LimitPolicy } from "./limit_state.ts";

/** The size of the ring at the beginning: it doubles when it is full. */
const FIRST_SIZE = 16;

/** When units were taken and how many, in a ring: the oldest are dropped when somebody looks. */
export class LogRule implements Rule {
  readonly policy: LimitPolicy;
  readonly limit: number;
  readonly #windowMs: number;
  /** Pairs of a moment and a number of units. */
  #ring = new Float64Array(2 * FIRST_SIZE);
  #first = 0;
  #length = 0;
  #used = 0;

  constructor(policy: LimitPolicy) {
    this.policy = policy;
    this.limit = Math.floor(policy.limit);
    this.#windowMs = policy.windowMs - EARLY_MS;
  }

  take(n: number, now: number): boolean {
    this.#drop(now);
    if (this.#used + n > this.limit) return false;
    if (n === 0) return true;
    this.#used += n;
    // Each entry holds a whole unit or more: there are never more entries than `limit`.
    if (2 * this.#length === this.#ring.length) this.#grow();
    const at = (this.#first + 2 * this.#length) % this.#ring.length;
    this.#ring[at] = now;
    this.#ring[at + 1] = n;
    this.#length++;
    return true;
  }

  delayMs(n: number, now: number): number {
    if (n > this.limit) return Infinity;
    this.#drop(now);
    let missing = this.#used + n - this.limit;
    // Not left to the arithmetic below: differences of moments are off by their last bit.
    if (missing <= 0) return 0;
    let at = this.#first;
    let moment = now;
    for (; missing > 0; at = (at + 2) % this.#ring.length) {
      moment = this.#ring[at];
      missing -= this.#ring[at + 1];
    }
    return this.policy.windowMs - (now - moment);
  }

  remaining(now: number): number {
    this.#drop(now);
    return this.limit - this.#used;
  }

  resetMs(now: number): number {
    return this.delayMs(this.limit, now);
  }

  #drop(now: number): void {
    while (this.#length > 0 && now - this.#ring[this.#first] >= this.#windowMs) {
      this.#used -= this.#ring[this.#first + 1];
      this.#first = (this.#first + 2) % this.#ring.length;
      this.#length--;
    }
  }

  #grow(): void {
    const { length } = this.#ring;
    const larger = new Float64Array(2 * length);
    larger.set(this.#ring.subarray(this.#first));
    larger.set(this.#ring.subarray(0, this.#first), length - this.#first);
    this.#ring = larger;
    this.#first = 0;
  }
}
