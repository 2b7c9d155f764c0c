/**
 * Rate and concurrency limits. Without a permission flag, and without a timer while nobody waits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TokenBucket } from "@pingo/pingo/limits";
 *
 * const bucket = new TokenBucket("100/s", { burst: 2 });
 * assertEquals([bucket.allow(), bucket.allow()], [true, true]);
 * await bucket.wait(); // 10 ms
 * ```
 *
 * @module
 */
export { parseRate, type Rate, rateOf } from "./rate.ts";
export type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";
export type { AsyncLimiter, KeyedLimiter, RateLimiter, WaitOptions } from "./rate_limiter.ts";
export type { LimiterOptions, RateLimiterOptions } from "./limiter_options.ts";
export { TokenBucket, type TokenBucketOptions } from "./token_bucket.ts";
export { Gcra, type GcraOptions } from "./gcra.ts";
export { FixedWindowLimiter, type FixedWindowLimiterOptions } from "./fixed_window_limiter.ts";
export {
  SlidingWindowLimiter,
  type SlidingWindowLimiterOptions,
} from "./sliding_window_limiter.ts";
export { SlidingLogLimiter, type SlidingLogLimiterOptions } from "./sliding_log_limiter.ts";
export { LeakyQueue, type LeakyQueueOptions } from "./leaky_queue.ts";
export { MultiLimiter, type MultiLimiterOptions } from "./multi_limiter.ts";
export { KeyedTokenBucket, type KeyedTokenBucketOptions } from "./keyed_token_bucket.ts";
export { SketchLimiter, type SketchLimiterOptions } from "./sketch_limiter.ts";
export { MultiKeyedLimiter } from "./multi_keyed_limiter.ts";
export type { SketchOptions } from "./sketch_options.ts";
export { Estimator } from "./estimator.ts";
export { Inflight, type InflightGuard } from "./inflight.ts";
export {
  type AcquireOptions,
  ConcurrencyLimit,
  type ConcurrencyLimitOptions,
} from "./concurrency_limit.ts";
export type { ConcurrencyGate, KeyedConcurrencyGate, Permit } from "./concurrency_gate.ts";
export { KeyedConcurrency } from "./keyed_concurrency.ts";
export { AdaptiveConcurrency } from "./adaptive_concurrency.ts";
export type { AdaptiveConcurrencyOptions } from "./adaptive_concurrency_options.ts";
