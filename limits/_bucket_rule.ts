import { EARLY_MS, type Rule } from "./_rule.ts";
import type { LimitPolicy } from "./limit_state.ts";

/** A bucket that is filled when somebody looks: what came in since the last look is a multiplication. */
export class BucketRule implements Rule {
  readonly policy: LimitPolicy;
  readonly limit: number;
  readonly #perMs: number;
  readonly #early: number;
  #tokens: number;
  #at: number;

  constructor(policy: LimitPolicy, burst: number, tokens: number, now: number) {
    this.policy = policy;
    this.limit = burst;
    this.#perMs = policy.limit / policy.windowMs;
    this.#early = EARLY_MS * this.#perMs;
    this.#tokens = tokens;
    this.#at = now;
  }

  take(n: number, now: number): boolean {
    const tokens = this.#fill(now);
    // Of a bucket that is full the bit too early is not to be had: there would be more than it holds.
    if (n > tokens && (n > tokens + this.#early || n > this.limit)) return false;
    this.#tokens = tokens - n;
    return true;
  }

  delayMs(n: number, now: number): number {
    if (n > this.limit) return Infinity;
    const missing = n - this.#fill(now);
    return missing > this.#early ? missing / this.#perMs : 0;
  }

  remaining(now: number): number {
    return Math.max(0, Math.floor(Math.min(this.limit, this.#fill(now) + this.#early)));
  }

  resetMs(now: number): number {
    return (this.limit - this.#fill(now)) / this.#perMs;
  }

  #fill(now: number): number {
    const elapsed = now - this.#at;
    if (elapsed > 0) {
      this.#tokens = Math.min(this.limit, this.#tokens + elapsed * this.#perMs);
      this.#at = now;
    }
    return this.#tokens;
  }
}
