import { assertEquals } from "@std/assert";
import { redisClientOf } from "../../../core/redis/iovalkey/mod.ts";

for (const isCluster of [false, true]) {
  const way = isCluster ? "each by itself" : "in one pipeline";
  Deno.test(`redisClientOf() sends the commands of one turn ${way} when isCluster is ${isCluster}`, async () => {
    const sent: string[] = [];
    const client = redisClientOf({
      status: "ready",
      isCluster,
      call: async (command, args) => {
        sent.push(`${command} ${args}`);
        return await Promise.resolve(1);
      },
      pipeline: (commands) => {
        sent.push(`pipeline of ${commands.length}`);
        return { exec: () => Promise.resolve(commands.map(() => [null, 1])) };
      },
    });
    await Promise.all([client.call("GET", ["a"]), client.call("GET", ["b"])]);
    assertEquals(client.isCluster, isCluster);
    assertEquals(sent, isCluster ? ["GET a", "GET b"] : ["pipeline of 2"]);
  });
}
