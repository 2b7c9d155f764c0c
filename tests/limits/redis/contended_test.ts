import { assert, assertEquals } from "@std/assert";
import { needs } from "../../support/needs.ts";
import { anyRedis, needsRedis, RedisServer } from "../../support/redis_server.ts";
import { contend } from "./_contend.ts";
import { contendProxies } from "./_contend_proxies.ts";
import { LIMIT } from "./_contender.ts";

Deno.test({
  ...needsRedis(
    "two processes over one Redis never let through more than the limit, nor much less",
  ),
  async fn() {
    await using server = await anyRedis();
    const ms = 2_000;
    for (const each of await contend(server.url, { processes: 2, ms })) {
      const told = JSON.stringify(each);
      assert(each.takes > 10 * each.passed, `the load was no load: ${told}`);
      assert(each.passed <= each.mostAllowed, `more than the rule: ${told}`);
      assert(each.inWindow <= each.mostInWindow, `more than the rule in a window: ${told}`);
      // Only a pause of a whole second could leave a full bucket unused.
      if (each.name === "bucket") assert(each.passed >= 0.9 * LIMIT * ms / 1_000, told);
      else assert(each.passed > LIMIT, told);
    }
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "two proxies over one Redis never let through more than the limit, nor much less",
  ),
  async fn() {
    await using server = await RedisServer.start();
    const ms = 3_000;
    const got = await contendProxies(server.url, { proxies: 2, ms, rate: "40/s" });
    const told = JSON.stringify(got);
    assert(got.requests > 5 * got.passed, `the load was no load: ${told}`);
    // A proxy that had to do without Redis for a moment counted alone.
    const most = got.lapses === 0 ? got.mostAllowed : 2 * got.mostAllowed;
    assert(got.passed <= most, `more than the rule: ${told}`);
    assert(got.passed >= 0.9 * 40 * ms / 1_000, `less than the rule: ${told}`);
    assertEquals(got.statuses, [200, 429]);
    assert(got.byProxy.every((each) => each > 0), told);
  },
});
