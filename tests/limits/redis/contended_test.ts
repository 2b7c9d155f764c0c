import { assert } from "@std/assert";
import { anyRedis, needsRedis } from "../../support/redis_server.ts";
import { contend } from "./_contend.ts";
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
