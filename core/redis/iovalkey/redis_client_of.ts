import type { RedisClient } from "../../mod.ts";
import { batchingClient } from "./_batching_client.ts";
import type { IovalkeyLike } from "./iovalkey_like.ts";

/**
 * The port over a client that the program has already, of iovalkey, its `Cluster` included, or of the same shape.
 * It stays the program's to close. The client's own queue while it is not connected is not used.
 *
 * Set `maxRetriesPerRequest: 0` and `autoResendUnfulfilledCommands: false` on it: by default it sends
 * commands again after a lost connection, which takes twice from a limit.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { redisClientOf } from "@pingo/pingo/core/redis/iovalkey";
 *
 * // Stands for `new Redis()` of npm:iovalkey.
 * const client = redisClientOf({
 *   status: "ready",
 *   call: (command, args) => Promise.resolve(`${command} ${args}`),
 *   pipeline: () => ({ exec: () => Promise.resolve([]) }),
 * });
 * assertEquals(await client.call("GET", ["key"]), "GET key");
 * ```
 */
export function redisClientOf(client: IovalkeyLike): RedisClient {
  return batchingClient(client);
}
