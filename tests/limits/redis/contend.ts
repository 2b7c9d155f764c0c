/**
 * Lets processes contend for the limits of one Redis for longer than a test may take, and tells what passed: first the
 * limiters alone, then proxies (examples/rate_limit.ts) under a load of requests.
 *
 *     deno run -A tests/limits/redis/contend.ts 60
 *     REDIS_URL=redis://127.0.0.1:6379 deno run -A tests/limits/redis/contend.ts 60 4
 *
 * The arguments are seconds, for each of the two (60), and processes (2). It ends with 1 where more passed than the
 * rule allows.
 *
 * @module
 */
import { anyRedis } from "../../support/redis_server.ts";
import { contend } from "./_contend.ts";
import { contendProxies } from "./_contend_proxies.ts";

const [seconds = "60", processes = "2"] = Deno.args;
const count = Number(processes);
const ms = Number(seconds) * 1_000;
await using server = await anyRedis();
const limiters = await contend(server.url, { processes: count, ms });
console.table(limiters);
const proxies = await contendProxies(server.url, { proxies: count, ms, rate: "100/s" });
console.log(proxies);
const isKept = proxies.passed <= proxies.mostAllowed &&
  limiters.every((each) => each.passed <= each.mostAllowed && each.inWindow <= each.mostInWindow);
Deno.exitCode = isKept ? 0 : 1;
