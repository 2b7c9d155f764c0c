import { systemClock } from "../timeout/mod.ts";
import { CounterRule } from "./_counter_rule.ts";
import { Line } from "./_line.ts";
import { windowPolicyOf } from "./_policy.ts";
import { checkUnits } from "./_rule.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { RateLimiter, WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode SlidingWindowLimiter}. */
export type SlidingWindowLimiterOptions = RateLimiterOptions;

/**
 * A window that slides, in two counters: of the window before, the part that still lies inside of the
 * sliding one is counted, as if what passed there had come evenly. At no border can twice the limit pass.
 *
 * The rule that Cloudflare describes in "How we built rate limiting capable of scaling to millions of
 * domains". Where each unit must be counted at its own moment, take a {@linkcode SlidingLogLimiter}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SlidingWindowLimiter } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const limiter = new SlidingWindowLimiter("4/s", { clock });
 * assertEquals(limiter.allow(4), true);
 * clock.advance(1_250); // a quarter into the next window: three of the four still count
 * assertEquals([limiter.allow(), limiter.allow()], [true, false]);
 * ```
 */
export class SlidingWindowLimiter implements RateLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #rule: CounterRule;
  readonly #line: Line;
  readonly #now: () => number;

  /**
   * A limit whose first window begins now.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range; the rate's limit must be 1 or more
   */
  constructor(rate: Rate | string, options: SlidingWindowLimiterOptions = {}) {
    const policy = windowPolicyOf(rate, options.name);
    const { clock = systemClock } = options;
    this.policies = [policy];
    this.#rule = new CounterRule(policy, clock.now());
    this.#line = new Line(this.#rule, options);
    this.#now = () => clock.now();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes units if there are enough. */
  allow(n = 1): boolean {
    if (this.#line.length > 0) return this.#line.allow(n);
    return this.#rule.take(checkUnits(n), this.#now());
  }

  /** Takes units if there are enough, and tells how the limit stands. */
  take(n = 1): Decision {
    return this.#line.take(n);
  }

  /** Takes units as soon as there are enough, in the order of the calls. */
  wait(options: WaitOptions = {}): Promise<void> {
    return this.#line.wait(options);
  }

  /** How the limit stands. */
  peek(n = 1): LimitState {
    return this.#line.peek(n);
  }

  /** Milliseconds until there are enough units. */
  delayMs(n = 1): number {
    return this.#line.delayMs(n);
  }
}
