import { systemClock } from "../timeout/mod.ts";
import { LogRule } from "./_log_rule.ts";
import { Line } from "./_line.ts";
import { windowPolicyOf } from "./_policy.ts";
import { checkWholeUnits } from "./_rule.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { RateLimiter, WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode SlidingLogLimiter}. */
export type SlidingLogLimiterOptions = RateLimiterOptions;

/**
 * A window that slides, exactly: in no span of time as long as the window do more units pass than the
 * limit, and whatever this leaves room for passes. It keeps the moment of each unit that lies inside of
 * the window: 16 bytes for each call that took some, at most `limit` of them. Units are whole here.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SlidingLogLimiter } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const limiter = new SlidingLogLimiter("2/s", { clock });
 * limiter.allow();
 * clock.advance(900);
 * limiter.allow();
 * clock.advance(100); // the first one is a second old
 * assertEquals([limiter.allow(), limiter.allow()], [true, false]);
 * assertEquals(limiter.peek().retryAfterMs, 900);
 * ```
 */
export class SlidingLogLimiter implements RateLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #rule: LogRule;
  readonly #line: Line;
  readonly #now: () => number;

  /**
   * An empty log.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range; the rate's limit must be 1 or more
   */
  constructor(rate: Rate | string, options: SlidingLogLimiterOptions = {}) {
    const policy = windowPolicyOf(rate, options.name);
    const { clock = systemClock } = options;
    this.policies = [policy];
    this.#rule = new LogRule(policy);
    this.#line = new Line(this.#rule, options);
    this.#now = () => clock.now();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes units if there are enough. */
  allow(n = 1): boolean {
    if (this.#line.length > 0) return this.#line.allow(checkWholeUnits(n));
    return this.#rule.take(checkWholeUnits(n), this.#now());
  }

  /** Takes units if there are enough, and tells how the limit stands. */
  take(n = 1): Decision {
    return this.#line.take(checkWholeUnits(n));
  }

  /** Takes units as soon as there are enough, in the order of the calls. */
  wait(options: WaitOptions = {}): Promise<void> {
    try {
      checkWholeUnits(options.n ?? 1);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#line.wait(options);
  }

  /** How the limit stands. */
  peek(n = 1): LimitState {
    return this.#line.peek(checkWholeUnits(n));
  }

  /** Milliseconds until there are enough units. */
  delayMs(n = 1): number {
    return this.#line.delayMs(checkWholeUnits(n));
  }
}
