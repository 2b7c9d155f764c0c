/**
 * Redis and Valkey by npm:iovalkey. An export of its own, so that `core` pulls no npm package for it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openRedis } from "@pingo/pingo/core/redis/iovalkey";
 *
 * // Nobody listens on port 9: no error, and `isReady` says so.
 * await using redis = openRedis("127.0.0.1:9");
 * assertEquals(redis.isReady, false);
 * ```
 *
 * @module
 */
export { openRedis, type OpenRedisOptions, type RedisConnection } from "./open_redis.ts";
export { redisClientOf } from "./redis_client_of.ts";
export type { IovalkeyLike, IovalkeyPipeline } from "./iovalkey_like.ts";
