import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { listen, reply } from "../../core/mod.ts";
import { needsRedis, RedisServer } from "../support/redis_server.ts";
import { Program } from "./_program.ts";

const RATE_LIMIT = ["examples/rate_limit.ts"];

async function statuses(url: string, count: number): Promise<number[]> {
  const all = [];
  for (let i = 0; i < count; i++) {
    const response = await fetch(url);
    await response.body?.cancel();
    all.push(response.status);
  }
  return all;
}

Deno.test("examples/rate_limit.ts lets a client have RATE, tells it so, and counts what it refuses", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(200, "behind"));
  await using program = await Program.start(RATE_LIMIT, {
    TARGET: upstream.url,
    RATE: "2/h",
    ADMIN: "127.0.0.1:0",
  });
  const url = program.url("proxy");
  const first = await fetch(url);
  assertEquals([first.status, await first.text()], [200, "behind"]);
  assertEquals(first.headers.get("ratelimit-policy"), '"default";q=2;w=3600');
  assertEquals(first.headers.get("ratelimit"), '"default";r=1;t=1800');
  assertEquals(await statuses(url, 1), [200]);
  const refused = await fetch(url, { headers: { accept: "application/json" } });
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "1800"]);
  assertEquals((await refused.json()).title, "Too Many Requests");
  const metrics = await (await fetch(`${program.url("admin")}/metrics`)).text();
  for (const [outcome, count] of [["allowed", 2], ["limited", 1]]) {
    assertStringIncludes(
      metrics,
      `pingo_rate_limit_requests_total{limit="default",outcome="${outcome}"} ${count}\n`,
    );
  }
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("examples/rate_limit.ts gives 100/s when RATE is not set", async () => {
  await using program = await Program.start(RATE_LIMIT);
  const response = await fetch(program.url("proxy"));
  await response.body?.cancel();
  assertEquals(response.headers.get("ratelimit-policy"), '"default";q=100;w=1');
});

Deno.test("examples/rate_limit.ts counts alone when no Redis answers at REDIS_URL", async () => {
  await using program = await Program.start(RATE_LIMIT, {
    RATE: "2/h",
    REDIS_URL: "redis://127.0.0.1:9",
  });
  assertEquals(await statuses(program.url("proxy"), 4), [200, 200, 429, 429]);
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

const refused: { name: string; env: Record<string, string>; line: RegExp }[] = [
  { name: "RATE is no rate", env: { RATE: "fast" }, line: /^Cannot parse the rate "fast": write / },
  { name: "RATE is 0", env: { RATE: "0/s" }, line: /^Cannot use the rate: limit 0 / },
  { name: "REDIS_URL is no URL", env: { REDIS_URL: "::" }, line: /redis/i },
];
for (const { name, env, line } of refused) {
  Deno.test(`examples/rate_limit.ts ends with 2 and one line when ${name}`, async () => {
    const { code, stderr } = await Program.run(RATE_LIMIT, { LISTEN: "127.0.0.1:0", ...env });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /^[^\n]+\n$/);
    assertMatch(stderr, line);
  });
}

Deno.test({
  ...needsRedis("examples/rate_limit.ts shares a limit with another proxy over REDIS_URL"),
  async fn() {
    await using redis = await RedisServer.start();
    const env = { RATE: "3/h", REDIS_URL: redis.url };
    await using one = await Program.start(RATE_LIMIT, env);
    await using two = await Program.start(RATE_LIMIT, env);
    const first = await statuses(one.url("proxy"), 2);
    const second = await statuses(two.url("proxy"), 2);
    assertEquals([...first, ...second], [200, 200, 200, 429]);
  },
});
