import { type Clock, systemClock, systemRandom } from "../timeout/mod.ts";
import { DebtTable } from "./_debt_table.ts";
import { policyOf } from "./_policy.ts";
import { checkUnits, EARLY_MS } from "./_rule.ts";
import type { LimiterOptions } from "./limiter_options.ts";
import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { KeyedLimiter } from "./rate_limiter.ts";

/** Options of {@linkcode KeyedTokenBucket}. */
export interface KeyedTokenBucketOptions extends LimiterOptions {
  /**
   * How many tokens each bucket holds; above 0.
   *
   * @default {Math.max(1, rate.limit)}
   */
  burst?: number;
  /**
   * How many keys are remembered; a whole number from 1 to 2 ** 24. One takes some 100 bytes and its text.
   *
   * @default {65536}
   */
  maxKeys?: number;
  /**
   * What a key gets that is not remembered while all places are taken by keys that are not full again:
   * `inherit`: it begins with as little as the fullest key that ever had to be forgotten, so that no key
   * ever gets more than the rule allows; `forget`: it begins with a full bucket.
   *
   * @default {"inherit"}
   */
  whenFull?: "inherit" | "forget";
  /**
   * Chance, for the hash that long keys are folded by.
   *
   * @default {systemRandom}
   */
  random?: () => number;
}

/**
 * A {@linkcode TokenBucket} for each key, exactly, in bounded memory.
 *
 * One number is kept for a key: when its bucket is full again. When `maxKeys` are remembered, the one makes
 * room that is full first. One that is full is no different from one that was never seen, so nothing is
 * lost as long as no more than `maxKeys` keys are below full at the same time; a key that was used once at
 * 100/s is full after 10 ms. Whoever comes with ever new keys therefore pushes out his own, which have the
 * least debt, and a heavy key keeps its debt to the last: with a plain LRU it would be forgotten and begin
 * anew with a full bucket. When even that does not hold, `whenFull` decides who is right: the rule
 * (`inherit`, nobody ever gets more) or the newcomer (`forget`, nobody new ever gets less).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KeyedTokenBucket } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const limiter = new KeyedTokenBucket("10/s", { burst: 2, maxKeys: 10_000, clock });
 * assertEquals([limiter.allow("a", 2), limiter.allow("a"), limiter.allow("b")], [true, false, true]);
 * assertEquals(limiter.take("a").retryAfterMs, 100);
 * ```
 */
export class KeyedTokenBucket implements KeyedLimiter {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #policy: LimitPolicy;
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #spacingMs: number;
  readonly #toleranceMs: number;
  readonly #inherits: boolean;
  readonly #table: DebtTable;
  /** Moments are counted from here, to keep their fractions. */
  readonly #origin: number;

  /**
   * A limiter that knows no key.
   *
   * @throws {TypeError} if the rate, the name or `whenFull` cannot be understood
   * @throws {RangeError} if a number is out of its range
   */
  constructor(rate: Rate | string, options: KeyedTokenBucketOptions = {}) {
    const policy = policyOf(rate, options.name);
    const {
      clock = systemClock,
      burst = Math.max(1, policy.limit),
      maxKeys = 65_536,
      whenFull = "inherit",
      random = systemRandom,
    } = options;
    if (!(burst > 0 && burst < Infinity)) {
      throw new RangeError(
        `Cannot create KeyedTokenBucket: burst ${burst} is not a finite number above 0`,
      );
    }
    if (!Number.isInteger(maxKeys) || maxKeys < 1 || maxKeys > 2 ** 24) {
      throw new RangeError(
        `Cannot create KeyedTokenBucket: maxKeys ${maxKeys} is not a whole number from 1 to 16777216`,
      );
    }
    if (whenFull !== "inherit" && whenFull !== "forget") {
      throw new TypeError(
        `Cannot create KeyedTokenBucket: whenFull ${whenFull} is neither inherit nor forget`,
      );
    }
    this.policies = [policy];
    this.#policy = policy;
    this.#clock = clock;
    this.#burst = burst;
    this.#spacingMs = policy.windowMs / policy.limit;
    this.#toleranceMs = burst * this.#spacingMs;
    this.#inherits = whenFull === "inherit";
    this.#table = new DebtTable(maxKeys, random);
    this.#origin = clock.now();
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#table.size;
  }

  /** Takes tokens of a key if there are enough. */
  allow(key: string, n = 1): boolean {
    return this.#take(key, checkUnits(n), this.#clock.now() - this.#origin) >= 0;
  }

  /** Takes tokens of a key if there are enough, and tells how its bucket stands. */
  take(key: string, n = 1): Decision {
    checkUnits(n);
    const now = this.#clock.now() - this.#origin;
    const taken = this.#take(key, n, now);
    const isAllowed = taken >= 0;
    // A refusal is told by its complement, which carries the debt as well.
    const debtMs = isAllowed ? taken : -1 - taken;
    return {
      isAllowed,
      policy: this.#policy,
      limit: this.#burst,
      remaining: this.#remaining(debtMs),
      resetMs: debtMs,
      retryAfterMs: isAllowed ? 0 : this.#delayMs(debtMs, n),
    };
  }

  /** How the bucket of a key stands. */
  peek(key: string, n = 1): LimitState {
    checkUnits(n);
    const now = this.#clock.now() - this.#origin;
    const name = this.#table.nameOf(key);
    const debtMs = this.#debtMs(this.#table.find(name), now);
    return {
      policy: this.#policy,
      limit: this.#burst,
      remaining: this.#remaining(debtMs),
      resetMs: debtMs,
      retryAfterMs: this.#delayMs(debtMs, n),
    };
  }

  /** The debt after it, or -1 less the debt when there are not enough: no object for a yes or no. */
  #take(key: string, n: number, now: number): number {
    const name = this.#table.nameOf(key);
    const slot = this.#table.find(name);
    const debtMs = this.#debtMs(slot, now);
    const after = debtMs + n * this.#spacingMs;
    if (after > this.#toleranceMs + EARLY_MS || n > this.#burst) return -1 - debtMs;
    // What owes nothing need not be remembered.
    if (slot >= 0) this.#table.extend(slot, now + after);
    else if (after > 0) this.#table.insert(name, now + after, now);
    return after;
  }

  #debtMs(slot: number, now: number): number {
    if (slot >= 0) return Math.max(0, this.#table.end(slot) - now);
    return this.#inherits ? Math.max(0, this.#table.forgottenEnd - now) : 0;
  }

  #remaining(debtMs: number): number {
    const roomMs = this.#toleranceMs - debtMs + EARLY_MS;
    return Math.max(0, Math.floor(Math.min(this.#burst, roomMs / this.#spacingMs)));
  }

  #delayMs(debtMs: number, n: number): number {
    if (n > this.#burst) return Infinity;
    const delay = debtMs + n * this.#spacingMs - this.#toleranceMs;
    return delay > EARLY_MS ? delay : 0;
  }
}
