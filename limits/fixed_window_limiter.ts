import { systemClock } from "../timeout/mod.ts";
import { FixedRule } from "./_fixed_rule.ts";
import { Line } from "./_line.ts";
import { windowPolicyOf } from "./_policy.ts";
import { checkUnits } from "./_rule.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { RateLimiter, WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode FixedWindowLimiter}. */
export type FixedWindowLimiterOptions = RateLimiterOptions;

/**
 * So many units in a window, then none until it ends. The window begins with the first unit that is taken
 * after the last one has ended, so that the windows of many limiters do not all end at one moment.
 *
 * The cheapest rule and the easiest to explain to clients. What it cannot do: at the border of two windows
 * twice the limit may pass in a short time.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FixedWindowLimiter } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const limiter = new FixedWindowLimiter("2/m", { clock });
 * assertEquals([limiter.allow(), limiter.allow(), limiter.allow()], [true, true, false]);
 * clock.advance(60_000);
 * assertEquals(limiter.allow(), true);
 * ```
 */
export class FixedWindowLimiter implements RateLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #rule: FixedRule;
  readonly #line: Line;
  readonly #now: () => number;

  /**
   * A limit whose first window begins with its first unit.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range; the rate's limit must be 1 or more
   */
  constructor(rate: Rate | string, options: FixedWindowLimiterOptions = {}) {
    const policy = windowPolicyOf(rate, options.name);
    const { clock = systemClock } = options;
    this.policies = [policy];
    this.#rule = new FixedRule(policy);
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
