/**
 * Rate and concurrency limits. Without a permission flag and without a timer of its own while nobody waits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRate } from "@pingo/pingo/limits";
 *
 * assertEquals(parseRate("100/s"), { limit: 100, windowMs: 1_000 });
 * ```
 *
 * @module
 */
export { parseRate, type Rate, rateOf } from "./rate.ts";
export type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
export type { AsyncLimiter, KeyedLimiter, RateLimiter, WaitOptions } from "./rate_limiter.ts";
