/**
 * What the toolkit needs of Redis or Valkey: a port, no client. The adapter to iovalkey is
 * `@pingo/pingo/core/redis/iovalkey`, so that who brings a client of their own pulls no npm package.
 *
 * @example A client that has no server
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { type RedisClient, RedisError, RedisScript } from "@pingo/pingo/core";
 *
 * const gone: RedisClient = {
 *   isReady: false,
 *   call: () => Promise.reject(new RedisError("DISCONNECTED", "Cannot call Redis: no connection")),
 * };
 * const script = new RedisScript("return 1");
 * const error = await assertRejects(() => script.run(gone, { keys: [], args: [] }), RedisError);
 * assertEquals(error.code, "DISCONNECTED");
 * ```
 *
 * @module
 */
export type { RedisArgument, RedisClient, RedisReply } from "./redis_client.ts";
export { RedisError } from "./redis_error.ts";
export { RedisScript, type RedisScriptCall } from "./redis_script.ts";
