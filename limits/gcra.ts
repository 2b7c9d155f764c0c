import { systemClock } from "../timeout/mod.ts";
import { Line } from "./_line.ts";
import { policyOf } from "./_policy.ts";
import { checkUnits } from "./_rule.ts";
import { SpacingRule } from "./_spacing_rule.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { RateLimiter, WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode Gcra}. */
export interface GcraOptions extends RateLimiterOptions {
  /**
   * How many units may come at once; from 1 on.
   *
   * @default {1}
   */
  burst?: number;
}

/**
 * The generic cell rate algorithm (ITU-T I.371): units come evenly spaced, `windowMs / limit` apart, and
 * `burst` of them may come early. With the default burst of 1 it is a pacer: 10 a second means one each
 * 100 ms, never two in one. It lets through exactly what a {@linkcode TokenBucket} of the same burst does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Gcra } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const pacer = new Gcra("10/s", { clock });
 * assertEquals([pacer.allow(), pacer.allow()], [true, false]);
 *
 * const sent: number[] = [];
 * const both = [1, 2].map(() => pacer.wait().then(() => sent.push(clock.now())));
 * await clock.advanceAsync(200);
 * await Promise.all(both);
 * assertEquals(sent, [100, 200]);
 * ```
 */
export class Gcra implements RateLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #rule: SpacingRule;
  readonly #line: Line;
  readonly #now: () => number;

  /**
   * A pacer.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range
   */
  constructor(rate: Rate | string, options: GcraOptions = {}) {
    const policy = policyOf(rate, options.name);
    const { clock = systemClock, burst = 1 } = options;
    if (!(burst >= 1 && burst < Infinity)) {
      throw new RangeError(`Cannot create Gcra: burst ${burst} is not a finite number from 1 on`);
    }
    this.policies = [policy];
    this.#rule = new SpacingRule(policy, burst, clock.now());
    this.#line = new Line(this.#rule, options);
    this.#now = () => clock.now();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes units if it is time. */
  allow(n = 1): boolean {
    if (this.#line.length > 0) return this.#line.allow(n);
    return this.#rule.take(checkUnits(n), this.#now());
  }

  /** Takes units if it is time, and tells how the limit stands. */
  take(n = 1): Decision {
    return this.#line.take(n);
  }

  /** Takes units as soon as it is time, in the order of the calls. */
  wait(options: WaitOptions = {}): Promise<void> {
    return this.#line.wait(options);
  }

  /** How the limit stands. */
  peek(n = 1): LimitState {
    return this.#line.peek(n);
  }

  /** Milliseconds until it is time. */
  delayMs(n = 1): number {
    return this.#line.delayMs(n);
  }
}
