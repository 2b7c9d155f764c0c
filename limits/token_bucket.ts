import { systemClock } from "../timeout/mod.ts";
import { BucketRule } from "./_bucket_rule.ts";
import { Line } from "./_line.ts";
import { policyOf } from "./_policy.ts";
import { checkUnits } from "./_rule.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { RateLimiter, WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode TokenBucket}. */
export interface TokenBucketOptions extends RateLimiterOptions {
  /**
   * How many tokens the bucket holds: what can be taken at once; above 0.
   *
   * @default {Math.max(1, rate.limit)}
   */
  burst?: number;
  /**
   * How many tokens it holds at the beginning, from 0 to `burst`.
   *
   * @default {burst}
   */
  tokens?: number;
}

/**
 * A bucket of tokens that fills steadily: bursts up to its size pass at once, and in the long run no more
 * than the rate. In any span of time at most `burst` and what the rate gives for the span pass; a unit
 * that this leaves room for is never refused. Fractions of a token count.
 *
 * It costs two numbers and no timer: the bucket is filled when somebody looks.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TokenBucket } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const bucket = new TokenBucket("10/s", { burst: 2, clock });
 * assertEquals([bucket.allow(), bucket.allow(), bucket.allow()], [true, true, false]);
 * assertEquals(bucket.peek().retryAfterMs, 100);
 * clock.advance(100);
 * assertEquals(bucket.allow(), true);
 * ```
 */
export class TokenBucket implements RateLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #rule: BucketRule;
  readonly #line: Line;
  readonly #now: () => number;

  /**
   * A bucket.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range
   */
  constructor(rate: Rate | string, options: TokenBucketOptions = {}) {
    const policy = policyOf(rate, options.name);
    const { clock = systemClock, burst = Math.max(1, policy.limit), tokens = burst } = options;
    if (!(burst > 0 && burst < Infinity)) {
      throw new RangeError(
        `Cannot create TokenBucket: burst ${burst} is not a finite number above 0`,
      );
    }
    if (!(tokens >= 0 && tokens <= burst)) {
      throw new RangeError(`Cannot create TokenBucket: tokens ${tokens} is not from 0 to ${burst}`);
    }
    this.policies = [policy];
    this.#rule = new BucketRule(policy, burst, tokens, clock.now());
    this.#line = new Line(this.#rule, options);
    this.#now = () => clock.now();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Takes tokens if there are enough. */
  allow(n = 1): boolean {
    // The way of nearly every call, in one frame.
    if (this.#line.length > 0) return this.#line.allow(n);
    return this.#rule.take(checkUnits(n), this.#now());
  }

  /** Takes tokens if there are enough, and tells how the bucket stands. */
  take(n = 1): Decision {
    return this.#line.take(n);
  }

  /** Takes tokens as soon as there are enough, in the order of the calls. */
  wait(options: WaitOptions = {}): Promise<void> {
    return this.#line.wait(options);
  }

  /** How the bucket stands. */
  peek(n = 1): LimitState {
    return this.#line.peek(n);
  }

  /** Milliseconds until there are enough tokens. */
  delayMs(n = 1): number {
    return this.#line.delayMs(n);
  }
}
