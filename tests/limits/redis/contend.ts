/**
 * Lets processes contend for the limits of one Redis for longer than a test may take, and tells what passed:
 *
 *     deno run -A tests/limits/redis/contend.ts 60
 *     REDIS_URL=redis://127.0.0.1:6379 deno run -A tests/limits/redis/contend.ts 60 4
 *
 * The arguments are seconds (60) and processes (2). It ends with 1 where more passed than the rule allows.
 *
 * @module
 */
import { anyRedis } from "../../support/redis_server.ts";
import { contend } from "./_contend.ts";

const [seconds = "60", processes = "2"] = Deno.args;
await using server = await anyRedis();
const results = await contend(server.url, {
  processes: Number(processes),
  ms: Number(seconds) * 1_000,
});
console.table(results);
const isKept = results.every((each) =>
  each.passed <= each.mostAllowed && each.inWindow <= each.mostInWindow
);
Deno.exitCode = isKept ? 0 : 1;
