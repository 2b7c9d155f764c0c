import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";

/** Options of {@linkcode RateLimiter.wait}. */
export interface WaitOptions {
  /**
   * How many units.
   *
   * @default {1}
   */
  n?: number;
  /** Gives up waiting. */
  signal?: AbortSignal;
}

/**
 * Counts one stream of events against a rule. Every algorithm of this module is one.
 *
 * A number of units is finite and not negative; asking for a broken number throws a `RangeError`.
 * Whoever waits comes before those that ask later: while somebody waits, `allow` and `take` say no.
 */
export interface RateLimiter {
  /** Its rules; one, where it does not join several. */
  readonly policies: readonly LimitPolicy[];
  /** How many wait. */
  readonly waiting: number;
  /**
   * Takes units if there are enough; the cheapest form.
   *
   * @param n 1 when left out
   * @returns whether they were taken
   */
  allow(n?: number): boolean;
  /**
   * As {@linkcode RateLimiter.allow}, and tells how the limit stands: what header fields are written from.
   *
   * @param n 1 when left out
   */
  take(n?: number): Decision;
  /**
   * Takes units as soon as there are enough, in the order of the calls.
   *
   * Throws the reason of the signal when it fires (then nothing was taken), a `RangeError` when there are
   * never that many, and a `ProxyError` of kind `rate_limited` when too many wait already.
   */
  wait(options?: WaitOptions): Promise<void>;
  /**
   * How the limit stands, without taking anything.
   *
   * @param n what `retryAfterMs` is about; 1 when left out
   */
  peek(n?: number): LimitState;
  /**
   * Milliseconds until units can be taken: 0 when they can be now, `Infinity` for never. `peek` without
   * an object.
   *
   * @param n 1 when left out
   */
  delayMs(n?: number): number;
}

/**
 * Counts events of many keys, each against the same rule: clients, tenants, paths. Its memory is bounded
 * whatever the number of keys.
 *
 * A number of units is finite and not negative; asking for a broken number throws a `RangeError`.
 */
export interface KeyedLimiter {
  /** Its rules; one, where it does not join several. */
  readonly policies: readonly LimitPolicy[];
  /**
   * Takes units of a key if there are enough; the cheapest form.
   *
   * @param n 1 when left out
   * @returns whether they were taken
   */
  allow(key: string, n?: number): boolean;
  /**
   * As {@linkcode KeyedLimiter.allow}, and tells how the limit of the key stands.
   *
   * @param n 1 when left out
   */
  take(key: string, n?: number): Decision;
  /**
   * How the limit of a key stands, without taking anything.
   *
   * @param n what `retryAfterMs` is about; 1 when left out
   */
  peek(key: string, n?: number): LimitState;
}

/**
 * A keyed limiter whose answer may have to be fetched: what several processes share, as over Redis. Every
 * {@linkcode KeyedLimiter} is one too.
 */
export interface AsyncLimiter {
  /** Its rules; one, where it does not join several. */
  readonly policies: readonly LimitPolicy[];
  /**
   * Takes units of a key if there are enough.
   *
   * @param n 1 when left out
   */
  take(key: string, n?: number): Decision | Promise<Decision>;
}
