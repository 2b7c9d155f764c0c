import { checkUnits } from "./_rule.ts";
import { tighter } from "./_tighter.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { KeyedLimiter } from "./rate_limiter.ts";

/**
 * Several keyed limits that all must hold, such as 10 a second and 1,000 a day for each client: units are
 * taken from all of them or from none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KeyedTokenBucket, MultiKeyedLimiter } from "@pingo/pingo/limits";
 *
 * const second = new KeyedTokenBucket("2/s", { name: "burst" });
 * const day = new KeyedTokenBucket("3/d", { name: "daily" });
 * const limiter = new MultiKeyedLimiter([second, day]);
 *
 * assertEquals([limiter.allow("a", 2), limiter.allow("a", 2)], [true, false]);
 * assertEquals(day.peek("a").remaining, 1); // the refused one took nothing
 * ```
 */
export class MultiKeyedLimiter implements KeyedLimiter {
  /** The rules of all limiters, in their order. */
  readonly policies: readonly LimitPolicy[];
  readonly #limiters: readonly KeyedLimiter[];

  /**
   * Joins limiters.
   *
   * @throws {TypeError} if there is none, or one stands there twice
   */
  constructor(limiters: readonly KeyedLimiter[]) {
    if (limiters.length === 0 || new Set(limiters).size < limiters.length) {
      throw new TypeError(
        "Cannot create MultiKeyedLimiter: there is no limiter, or one stands there twice",
      );
    }
    this.policies = limiters.flatMap((limiter) => limiter.policies);
    this.#limiters = [...limiters];
  }

  /** Takes units of a key from all if all have enough. */
  allow(key: string, n = 1): boolean {
    checkUnits(n);
    for (const limiter of this.#limiters) {
      if (limiter.peek(key, n).retryAfterMs > 0) return false;
    }
    for (const limiter of this.#limiters) limiter.allow(key, n);
    return true;
  }

  /** Takes units of a key from all if all have enough, and tells how the tightest one stands. */
  take(key: string, n = 1): Decision {
    const isAllowed = this.allow(key, n);
    const state = this.peek(key, n);
    return { ...state, isAllowed, retryAfterMs: isAllowed ? 0 : state.retryAfterMs };
  }

  /** How the tightest one stands. */
  peek(key: string, n = 1): LimitState {
    return this.#limiters.map((limiter) => limiter.peek(key, n)).reduce(tighter);
  }
}
