import type { Rule } from "./_rule.ts";
import type { LimitPolicy } from "./limit_state.ts";
import { slidingDelayMs, slidingUsed } from "./_sliding.ts";

/** Two counters: of this window, and of the one before. */
export class CounterRule implements Rule {
  readonly policy: LimitPolicy;
  readonly limit: number;
  readonly #windowMs: number;
  #start: number;
  #previous = 0;
  #current = 0;

  constructor(policy: LimitPolicy, now: number) {
    this.policy = policy;
    this.limit = policy.limit;
    this.#windowMs = policy.windowMs;
    this.#start = now;
  }

  take(n: number, now: number): boolean {
    if (this.#used(now) + n > this.limit) return false;
    this.#current += n;
    return true;
  }

  delayMs(n: number, now: number): number {
    if (n > this.limit) return Infinity;
    const elapsed = this.#turn(now);
    return slidingDelayMs(this.#previous, this.#current, elapsed, this.#windowMs, this.limit - n);
  }

  remaining(now: number): number {
    return Math.max(0, Math.floor(this.limit - this.#used(now)));
  }

  resetMs(now: number): number {
    return this.delayMs(this.limit, now);
  }

  #used(now: number): number {
    const elapsed = this.#turn(now);
    return slidingUsed(this.#previous, this.#current, elapsed, this.#windowMs);
  }

  /** Begins the window that `now` lies in; tells how far into it. */
  #turn(now: number): number {
    const elapsed = now - this.#start;
    if (elapsed < this.#windowMs) return Math.max(0, elapsed);
    const windows = Math.floor(elapsed / this.#windowMs);
    this.#previous = windows === 1 ? this.#current : 0;
    this.#current = 0;
    this.#start += windows * this.#windowMs;
    return Math.max(0, now - this.#start);
  }
}
