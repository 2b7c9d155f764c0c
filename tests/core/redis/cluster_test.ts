import { assertEquals } from "@std/assert";
import { Cluster } from "iovalkey";
import { RedisScript } from "../../../core/mod.ts";
import { openRedis, redisClientOf } from "../../../core/redis/iovalkey/mod.ts";
import { needs } from "../../support/needs.ts";
import { RedisServer } from "../../support/redis_server.ts";

// A file of its own: iovalkey says that a Cluster has ended before its connections are closed, each of which has a
// timer until then, and no test can wait for that.

Deno.test({
  ...needs("redis-server", "redisClientOf() takes a Cluster of iovalkey as it is"),
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await RedisServer.start({
      args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"],
    });
    {
      await using redis = openRedis(server.url);
      await redis.whenReady(5_000);
      await redis.call("CLUSTER", ["ADDSLOTSRANGE", 0, 16383]);
      while (!String(await redis.call("CLUSTER", ["INFO"])).includes("cluster_state:ok")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const cluster = new Cluster([{ host: "127.0.0.1", port: server.port }]);
    await new Promise<void>((resolve) => cluster.once("ready", () => resolve()));
    const client = redisClientOf(cluster);
    const script = new RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    // Keys of different slots in one turn.
    const run = (key: string): Promise<unknown> => script.run(client, { keys: [key], args: [2] });
    assertEquals(await Promise.all(["a", "b", "c", "a"].map(run)), [2, 2, 2, 4]);
    const ended = new Promise<void>((resolve) => cluster.once("end", () => resolve()));
    cluster.disconnect();
    await ended;
  },
});
