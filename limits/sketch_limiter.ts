import { type Clock, systemClock } from "../timeout/mod.ts";
import { windowPolicyOf } from "./_policy.ts";
import { checkUnits } from "./_rule.ts";
import { Sketch, SketchLayout } from "./_sketch.ts";
import type { SketchOptions } from "./sketch_options.ts";
import { slidingDelayMs, slidingUsed } from "./_sliding.ts";
import type { LimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { KeyedLimiter } from "./rate_limiter.ts";

/** Options of {@linkcode SketchLimiter}. */
export interface SketchLimiterOptions extends LimiterOptions, SketchOptions {}

/**
 * A sliding window for each of any number of keys, in memory of a fixed size (`rows × columns × 16` bytes,
 * half a megabyte by default): two count-min sketches, of this window and of the one before, as in
 * Pingora's `Rate`.
 *
 * No key ever gets more than the rule of {@linkcode SlidingWindowLimiter} allows, whatever others do. It
 * may get less, when each of its counters is shared with keys that are counted too: give it several times
 * as many columns as there are keys in a window. Only what passes is counted, so that an attacker who
 * is refused fills nothing; one with a new key for each request fills counters evenly, and harms the others
 * when the requests of a window come near to `columns × limit`. Where each key must get all that it is
 * owed, take {@linkcode KeyedTokenBucket}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SketchLimiter } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const limiter = new SketchLimiter("2/s", { clock });
 * assertEquals([limiter.allow("a"), limiter.allow("a"), limiter.allow("a")], [true, true, false]);
 * assertEquals(limiter.allow("b"), true);
 * clock.advance(2_000);
 * assertEquals(limiter.allow("a"), true);
 * ```
 */
export class SketchLimiter implements KeyedLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #policy: LimitPolicy;
  readonly #clock: Clock;
  readonly #layout: SketchLayout;
  #current: Sketch;
  #previous: Sketch;
  #start: number;

  /**
   * A limiter that has counted nothing.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range; the rate's limit must be 1 or more
   */
  constructor(rate: Rate | string, options: SketchLimiterOptions = {}) {
    const { name, clock = systemClock, ...layout } = options;
    this.#policy = windowPolicyOf(rate, name);
    this.policies = [this.#policy];
    this.#clock = clock;
    this.#layout = new SketchLayout(layout);
    this.#current = new Sketch(this.#layout);
    this.#previous = new Sketch(this.#layout);
    this.#start = clock.now();
  }

  /** Takes units of a key if there are enough. */
  allow(key: string, n = 1): boolean {
    checkUnits(n);
    return this.#take(key, n, this.#turn());
  }

  /** Takes units of a key if there are enough, and tells how its limit stands. */
  take(key: string, n = 1): Decision {
    checkUnits(n);
    const elapsed = this.#turn();
    const isAllowed = this.#take(key, n, elapsed);
    const { policy, limit, remaining, resetMs, retryAfterMs } = this.#state(n, elapsed);
    return {
      isAllowed,
      policy,
      limit,
      remaining,
      resetMs,
      retryAfterMs: isAllowed ? 0 : retryAfterMs,
    };
  }

  /** How the limit of a key stands. */
  peek(key: string, n = 1): LimitState {
    checkUnits(n);
    const elapsed = this.#turn();
    this.#layout.locate(key);
    return this.#state(n, elapsed);
  }

  #take(key: string, n: number, elapsed: number): boolean {
    this.#layout.locate(key);
    const { limit, windowMs } = this.#policy;
    const used = slidingUsed(this.#previous.get(), this.#current.get(), elapsed, windowMs);
    if (used + n > limit) return false;
    this.#current.raise(n);
    return true;
  }

  #state(n: number, elapsed: number): LimitState {
    const { limit, windowMs } = this.#policy;
    const [previous, current] = [this.#previous.get(), this.#current.get()];
    const used = slidingUsed(previous, current, elapsed, windowMs);
    return {
      policy: this.#policy,
      limit,
      remaining: Math.max(0, Math.floor(limit - used)),
      resetMs: slidingDelayMs(previous, current, elapsed, windowMs, 0),
      retryAfterMs: n > limit
        ? Infinity
        : slidingDelayMs(previous, current, elapsed, windowMs, limit - n),
    };
  }

  /** Begins the window of this moment; tells how far into it. */
  #turn(): number {
    const now = this.#clock.now();
    const { windowMs } = this.#policy;
    const elapsed = now - this.#start;
    if (elapsed < windowMs) return Math.max(0, elapsed);
    const windows = Math.floor(elapsed / windowMs);
    const oldest = this.#previous;
    this.#previous = this.#current;
    this.#current = oldest;
    oldest.clear();
    if (windows > 1) this.#previous.clear();
    this.#start += windows * windowMs;
    return Math.max(0, now - this.#start);
  }
}
