import { EARLY_MS, type Rule } from "./_rule.ts";
import type { LimitPolicy } from "./limit_state.ts";

/**
 * The generic cell rate algorithm with one number: how far the theoretical arrival time of the next unit
 * lies ahead. Kept as a span and not as a moment, which would lose precision as the clock grows.
 */
export class SpacingRule implements Rule {
  readonly policy: LimitPolicy;
  readonly limit: number;
  readonly #spacingMs: number;
  readonly #toleranceMs: number;
  #aheadMs = 0;
  #at: number;

  constructor(policy: LimitPolicy, burst: number, now: number) {
    this.policy = policy;
    this.limit = burst;
    this.#spacingMs = policy.windowMs / policy.limit;
    this.#toleranceMs = burst * this.#spacingMs;
    this.#at = now;
  }

  take(n: number, now: number): boolean {
    const ahead = this.#decay(now) + n * this.#spacingMs;
    if (ahead > this.#toleranceMs + EARLY_MS || n > this.limit) return false;
    this.#aheadMs = ahead;
    return true;
  }

  delayMs(n: number, now: number): number {
    if (n > this.limit) return Infinity;
    const delay = this.#decay(now) + n * this.#spacingMs - this.#toleranceMs;
    return delay > EARLY_MS ? delay : 0;
  }

  remaining(now: number): number {
    const roomMs = this.#toleranceMs - this.#decay(now) + EARLY_MS;
    return Math.max(0, Math.floor(Math.min(this.limit, roomMs / this.#spacingMs)));
  }

  resetMs(now: number): number {
    return this.#decay(now);
  }

  #decay(now: number): number {
    const elapsed = now - this.#at;
    if (elapsed > 0) {
      this.#aheadMs = Math.max(0, this.#aheadMs - elapsed);
      this.#at = now;
    }
    return this.#aheadMs;
  }
}
