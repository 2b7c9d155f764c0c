/**
 * One of several processes that take from the same limits for a while:
 *
 *     deno run -A tests/limits/redis/_contender.ts redis://127.0.0.1:6379 prefix 2000
 *
 * It writes "ready", waits for a line, and ends with what it was given, as JSON.
 *
 * @module
 */
import { openRedis } from "../../../core/redis/iovalkey/mod.ts";
import { RedisGcra, RedisSlidingWindow, RedisTokenBucket } from "../../../limits/redis/mod.ts";

/** When a take that was allowed began and ended, in milliseconds since 1970, with fractions. */
export type Passed = readonly [from: number, to: number];

/** What a contender tells, by the name of the limiter. */
export type Report = Readonly<
  Record<string, { readonly takes: number; readonly passed: Passed[] }>
>;

/** The rule that all of them take from. */
export const LIMIT = 50;
export const WINDOW_MS = 1_000;
export const GCRA_BURST = 10;

/** Takes that each limiter has on the way at a time. */
const AT_ONCE = 8;

function now(): number {
  return performance.timeOrigin + performance.now();
}

if (import.meta.main) {
  const [url, prefix, ms] = Deno.args;
  await using redis = openRedis(url);
  if (!await redis.whenReady(10_000)) throw new Error("Cannot contend: Redis is not ready");
  // Nobody but Redis decides: what is not decided by it is no pass.
  const options = { prefix, timeoutMs: 60_000, onFailure: "closed" } as const;
  const rate = { limit: LIMIT, windowMs: WINDOW_MS };
  const limiters = {
    bucket: new RedisTokenBucket(redis, rate, options),
    gcra: new RedisGcra(redis, rate, { ...options, burst: GCRA_BURST }),
    window: new RedisSlidingWindow(redis, rate, options),
  };
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(1));

  const end = now() + Number(ms);
  const report = await Promise.all(
    Object.entries(limiters).map(async ([name, limiter]) => {
      const passed: Passed[] = [];
      let takes = 0;
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (let from = now(); from < end; from = now()) {
          const { isAllowed } = await limiter.take("contended");
          takes++;
          if (isAllowed) passed.push([from, now()]);
        }
      }));
      return [name, { takes, passed }];
    }),
  );
  console.log(JSON.stringify(Object.fromEntries(report)));
}
