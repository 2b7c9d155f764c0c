import { createHash } from "node:crypto";
import type { RedisArgument, RedisClient, RedisReply } from "./redis_client.ts";
import { RedisError } from "./redis_error.ts";

/** One run of a script. */
export interface RedisScriptCall {
  /** `KEYS`. On a cluster all of them lie in one slot. */
  readonly keys: readonly string[];
  /** `ARGV`. */
  readonly args: readonly RedisArgument[];
}

/**
 * A Lua script that the server runs as one step: nothing else happens meanwhile.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type RedisClient, RedisError, RedisScript } from "@pingo/pingo/core";
 *
 * // A server that has just been started, and so has no script yet.
 * const sent: string[] = [];
 * const client: RedisClient = {
 *   isReady: true,
 *   call(command) {
 *     sent.push(command);
 *     return command === "EVAL" ? Promise.resolve(2) : Promise.reject(RedisError.ofReply("NOSCRIPT"));
 *   },
 * };
 * const increment = new RedisScript("return redis.call('INCR', KEYS[1])");
 * assertEquals(await increment.run(client, { keys: ["visits"], args: [] }), 2);
 * assertEquals(sent, ["EVALSHA", "EVAL"]);
 * ```
 */
export class RedisScript {
  /** The Lua text. */
  readonly source: string;
  /** The name under which the server keeps the script: SHA-1 of the text, in hexadecimal. */
  readonly sha1: string;

  /** A script of a text. */
  constructor(source: string) {
    this.source = source;
    this.sha1 = createHash("sha1").update(source).digest("hex");
  }

  /**
   * Runs it by its name, in one round trip. A server that does not know the name (it was started anew, or its scripts
   * were flushed) gets the text in a second one, and knows it from then on.
   *
   * @throws {RedisError} as {@linkcode RedisClient.call}
   */
  async run(client: RedisClient, call: RedisScriptCall): Promise<RedisReply> {
    const { keys, args } = call;
    try {
      return await client.call("EVALSHA", [this.sha1, keys.length, ...keys, ...args]);
    } catch (error) {
      if (!(error instanceof RedisError) || error.code !== "NOSCRIPT") throw error;
      return await client.call("EVAL", [this.source, keys.length, ...keys, ...args]);
    }
  }
}
