/**
 * Limits that several processes share, over Redis or Valkey. It needs a `RedisClient` of `core`, and no npm package:
 * `openRedis` of `@pingo/pingo/core/redis/iovalkey` is one.
 *
 * When Redis is slow or gone, the choice of `onFailure` holds. The first takes that fail wait for `timeoutMs`; after
 * them nobody waits, and a probe in the background finds out when Redis is back. A Redis that comes back empty begins
 * with full buckets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RedisTokenBucket } from "@pingo/pingo/limits/redis";
 * import { openRedis } from "@pingo/pingo/core/redis/iovalkey";
 *
 * await using redis = openRedis(Deno.env.get("REDIS_URL") ?? "redis://127.0.0.1:9");
 * using limiter = new RedisTokenBucket(redis, "100/s");
 * // With Redis or, as here where it is not there, without.
 * assertEquals((await limiter.take("203.0.113.7")).isAllowed, true);
 * ```
 *
 * @module
 */
export type { RedisFailureChoice, RedisLimiterOptions } from "./redis_limiter_options.ts";
export { RedisTokenBucket, type RedisTokenBucketOptions } from "./redis_token_bucket.ts";
export { RedisGcra, type RedisGcraOptions } from "./redis_gcra.ts";
export { RedisSlidingWindow, type RedisSlidingWindowOptions } from "./redis_sliding_window.ts";
