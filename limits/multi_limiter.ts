import { Line } from "./_line.ts";
import type { Rule } from "./_rule.ts";
import { tighter } from "./_tighter.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { RateLimiter, WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode MultiLimiter}. */
export type MultiLimiterOptions = Omit<RateLimiterOptions, "name">;

/** Several limiters as one rule. Between the look and the taking nothing else runs. */
class AllRule implements Rule {
  readonly #limiters: readonly RateLimiter[];
  readonly policy: LimitPolicy;
  readonly limit: number;

  constructor(limiters: readonly RateLimiter[]) {
    this.#limiters = limiters;
    const states = limiters.map((limiter) => limiter.peek(0));
    this.limit = Math.min(...states.map((state) => state.limit));
    this.policy = states[0].policy;
  }

  take(n: number): boolean {
    for (const limiter of this.#limiters) if (limiter.delayMs(n) > 0) return false;
    for (const limiter of this.#limiters) limiter.allow(n);
    return true;
  }

  delayMs(n: number): number {
    let longest = 0;
    for (const limiter of this.#limiters) longest = Math.max(longest, limiter.delayMs(n));
    return longest;
  }

  remaining(): number {
    return this.tightest(1).remaining;
  }

  resetMs(): number {
    return this.tightest(1).resetMs;
  }

  tightest(n: number): LimitState {
    return this.#limiters.map((limiter) => limiter.peek(n)).reduce(tighter);
  }
}

/**
 * Several limits that all must hold, such as 10 a second and 1,000 an hour: units are taken from all of
 * them or from none, so that what one refuses is not lost to the others.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FixedWindowLimiter, MultiLimiter, TokenBucket } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const second = new TokenBucket("2/s", { name: "burst", clock });
 * const hour = new FixedWindowLimiter("3/h", { name: "hourly", clock });
 * const limiter = new MultiLimiter([second, hour], { clock });
 *
 * assertEquals([limiter.allow(2), limiter.allow()], [true, false]);
 * assertEquals(hour.peek().remaining, 1); // the refused one took nothing
 * clock.advance(1_000);
 * assertEquals(limiter.take(2).policy.name, "hourly");
 * ```
 */
export class MultiLimiter implements RateLimiter {
  /** The rules of all limiters, in their order. */
  readonly policies: readonly LimitPolicy[];
  readonly #rule: AllRule;
  readonly #line: Line;

  /**
   * Joins limiters.
   *
   * @throws {TypeError} if there is none, or one stands there twice
   * @throws {RangeError} if `maxWaiting` is out of its range
   */
  constructor(limiters: readonly RateLimiter[], options: MultiLimiterOptions = {}) {
    if (limiters.length === 0) {
      throw new TypeError("Cannot create MultiLimiter: there is no limiter");
    }
    if (new Set(limiters).size < limiters.length) {
      throw new TypeError("Cannot create MultiLimiter: a limiter stands there twice");
    }
    this.policies = limiters.flatMap((limiter) => limiter.policies);
    this.#rule = new AllRule([...limiters]);
    this.#line = new Line(this.#rule, options);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes units from all if all have enough. */
  allow(n = 1): boolean {
    return this.#line.allow(n);
  }

  /** Takes units from all if all have enough, and tells how the tightest one stands. */
  take(n = 1): Decision {
    const isAllowed = this.#line.allow(n);
    const state = this.peek(n);
    return { ...state, isAllowed, retryAfterMs: isAllowed ? 0 : state.retryAfterMs };
  }

  /** Takes units as soon as all have enough, in the order of the calls. */
  wait(options: WaitOptions = {}): Promise<void> {
    return this.#line.wait(options);
  }

  /** How the tightest one stands. */
  peek(n = 1): LimitState {
    const state = this.#line.peek(n);
    if (this.#line.length > 0) return { ...this.#rule.tightest(n), ...busy(state) };
    return this.#rule.tightest(n);
  }

  /** Milliseconds until all have enough. */
  delayMs(n = 1): number {
    return this.#line.delayMs(n);
  }
}

/** Whoever waits comes first: nothing is left for others. */
function busy({ retryAfterMs }: LimitState): Pick<LimitState, "remaining" | "retryAfterMs"> {
  return { remaining: 0, retryAfterMs };
}
