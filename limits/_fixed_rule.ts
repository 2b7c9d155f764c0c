import { EARLY_MS, type Rule } from "./_rule.ts";
import type { LimitPolicy } from "./limit_state.ts";

/** One counter and the moment at which its window ends. */
export class FixedRule implements Rule {
  readonly policy: LimitPolicy;
  readonly limit: number;
  readonly #windowMs: number;
  #used = 0;
  #start = -Infinity;

  constructor(policy: LimitPolicy) {
    this.policy = policy;
    this.limit = policy.limit;
    this.#windowMs = policy.windowMs;
  }

  take(n: number, now: number): boolean {
    const isOver = this.#isOver(now);
    const used = isOver ? n : this.#used + n;
    if (used > this.limit) return false;
    // Nothing begins no window.
    if (n === 0) return true;
    if (isOver) this.#start = now;
    this.#used = used;
    return true;
  }

  delayMs(n: number, now: number): number {
    if (n > this.limit) return Infinity;
    if (this.#isOver(now) || this.#used + n <= this.limit) return 0;
    return this.#windowMs - (now - this.#start);
  }

  remaining(now: number): number {
    return Math.floor(this.#isOver(now) ? this.limit : this.limit - this.#used);
  }

  resetMs(now: number): number {
    return this.#isOver(now) ? 0 : this.#windowMs - (now - this.#start);
  }

  #isOver(now: number): boolean {
    return now - this.#start >= this.#windowMs - EARLY_MS;
  }
}
