import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { openRedis, type RedisConnection } from "../../../core/redis/iovalkey/mod.ts";
import { anyRedis, needsRedis } from "../../support/redis_server.ts";
import {
  bucketAt,
  BUCKETS,
  EPOCH_US,
  freshKey,
  type ScriptTime,
  takeBy,
  windowAt,
} from "./_rules.ts";

// The scripts in a real server, by a time that the test gives, against models in whole numbers.

/** A pause before the take, and how much is taken. */
interface Step {
  readonly pauseUs: number;
  readonly n: number;
}

const RUNS = { numRuns: 40 };

async function withRedis(fn: (redis: RedisConnection) => Promise<void>): Promise<void> {
  await using server = await anyRedis();
  await using redis = openRedis(server.url);
  assert(await redis.whenReady(5_000));
  await fn(redis);
}

function steps(windowUs: number, maxN: number): fc.Arbitrary<Step[]> {
  const pauseUs = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: Math.ceil(windowUs / 4) }),
    fc.integer({ min: 0, max: windowUs * 3 }),
  );
  return fc.array(fc.record({ pauseUs, n: fc.integer({ min: 0, max: maxN }) }), { maxLength: 60 });
}

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 5_000 }),
  windowMs: fc.constantFrom(1, 7, 100, 1_000, 3_333, 60_000),
  burst: fc.integer({ min: 1, max: 50 }),
});

for (const which of BUCKETS) {
  Deno.test({
    ...needsRedis(`the script of ${which.kind} decides as a bucket of exact fractions`),
    fn: () =>
      withRedis(async (redis) => {
        const runs = rates.chain((rate) =>
          fc.record({
            rate: fc.constant(rate),
            steps: steps(rate.windowMs * 1_000, rate.burst + 1),
          })
        );
        await fc.assert(
          fc.asyncProperty(runs, async ({ rate, steps }) => {
            const time: ScriptTime = { nowUs: EPOCH_US };
            const rule = bucketAt(time, which, rate);
            const key = freshKey();
            // In units of 1 / windowUs of a token: a microsecond gives `limit` of them.
            const unit = BigInt(rate.windowMs) * 1_000n;
            const full = BigInt(rate.burst) * unit;
            let level = full;
            for (const { pauseUs, n } of steps) {
              time.nowUs += pauseUs;
              level += BigInt(pauseUs) * BigInt(rate.limit);
              if (level > full) level = full;
              const cost = BigInt(n) * unit;
              const isAllowed = cost <= level;
              if (isAllowed) level -= cost;
              const got = await takeBy(redis, rule, { key, n });
              assertEquals(got.isAllowed, isAllowed);
              assertEquals(got.remaining, Number(level / unit));
              assertNear(got.resetMs, Number(full - level) / rate.limit / 1_000);
              const waitMs = isAllowed
                ? 0
                : cost > full
                ? Infinity
                : Number(cost - level) / rate.limit / 1_000;
              assertNear(got.retryAfterMs, waitMs);
            }
          }),
          RUNS,
        );
      }),
  });
}

const windows = fc.record({
  limit: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.constantFrom(1, 10, 1_000, 60_000),
  slices: fc.integer({ min: 1, max: 20 }),
});

Deno.test({
  ...needsRedis(
    "the script of the sliding window never lets more than the limit through in any window",
  ),
  fn: () =>
    withRedis(async (redis) => {
      const runs = windows.chain((rate) =>
        fc.record({ rate: fc.constant(rate), steps: steps(rate.windowMs * 1_000, 3) })
      );
      await fc.assert(
        fc.asyncProperty(runs, async ({ rate, steps }) => {
          const time: ScriptTime = { nowUs: EPOCH_US };
          const rule = windowAt(time, rate);
          const key = freshKey();
          const windowUs = rate.windowMs * 1_000;
          const widthUs = Math.ceil(windowUs / rate.slices);
          const passed: { at: number; n: number }[] = [];
          const since = (start: number): number =>
            passed.reduce((sum, { at, n }) => at > start ? sum + n : sum, 0);
          for (const { pauseUs, n } of steps) {
            time.nowUs += pauseUs;
            const now = time.nowUs;
            const got = await takeBy(redis, rule, { key, n });
            if (got.isAllowed) passed.push({ at: now, n });
            assert(since(now - windowUs) <= rate.limit, "more than the limit in a window");
            // What it owes: all that is older than the window and a slice is given back.
            if (!got.isAllowed) assert(since(now - windowUs - widthUs) + n > rate.limit);
            assert(got.remaining <= rate.limit - since(now - windowUs));
            // A slice counts until the window has left it as a whole.
            const sliceOf = (at: number): number => Math.floor(at / widthUs);
            const msUntilGone = (at: number): number =>
              ((sliceOf(at) + rate.slices + 1) * widthUs - now) / 1_000;
            const counted = passed.filter(({ at, n }) => n > 0 && msUntilGone(at) > 0);
            let free = rate.limit - counted.reduce((sum, { n }) => sum + n, 0);
            assertEquals(got.remaining, free);
            assertEquals(
              got.resetMs,
              counted.length === 0 ? 0 : msUntilGone(counted.at(-1)?.at ?? 0),
            );
            let waitMs = 0;
            for (const each of counted) {
              if (got.isAllowed || free >= n) break;
              free += each.n;
              waitMs = msUntilGone(each.at);
            }
            assertEquals(got.retryAfterMs, n > rate.limit ? Infinity : waitMs);
          }
        }),
        RUNS,
      );
    }),
});

Deno.test({
  ...needsRedis("scripts allow exactly when retryAfterMs said"),
  fn: () =>
    withRedis(async (redis) => {
      const time: ScriptTime = { nowUs: EPOCH_US };
      const rules = [
        ...BUCKETS.map((which) => bucketAt(time, which, { limit: 7, windowMs: 1_000, burst: 5 })),
        windowAt(time, { limit: 5, windowMs: 1_000, slices: 10 }),
      ];
      for (const rule of rules) {
        const key = freshKey();
        time.nowUs = EPOCH_US + 12_345;
        assertEquals((await takeBy(redis, rule, { key, n: 5 })).isAllowed, true);
        time.nowUs += 10_000;
        const { isAllowed, retryAfterMs } = await takeBy(redis, rule, { key, n: 2 });
        assertEquals(isAllowed, false);
        time.nowUs += Math.ceil(retryAfterMs * 1_000) - 1;
        assertEquals((await takeBy(redis, rule, { key, n: 2 })).isAllowed, false, rule.keyPart);
        time.nowUs += 1;
        assertEquals((await takeBy(redis, rule, { key, n: 2 })).isAllowed, true, rule.keyPart);
      }
    }),
});

Deno.test({
  ...needsRedis("scripts go on by the rule when the server's clock goes back"),
  fn: () =>
    withRedis(async (redis) => {
      const time: ScriptTime = { nowUs: EPOCH_US };
      const rules = [
        ...BUCKETS.map((which) => bucketAt(time, which, { limit: 10, windowMs: 1_000, burst: 10 })),
        windowAt(time, { limit: 10, windowMs: 1_000, slices: 10 }),
      ];
      for (const rule of rules) {
        const key = freshKey();
        time.nowUs = EPOCH_US;
        assertEquals((await takeBy(redis, rule, { key, n: 10 })).isAllowed, true);
        // An hour back: nothing is given for it, and nobody is locked out for an hour.
        time.nowUs -= 3_600_000_000;
        await redis.call("PEXPIRE", [key, 500]);
        const refused = await takeBy(redis, rule, { key, n: 1 });
        assertEquals([refused.isAllowed, refused.remaining], [false, 0], rule.keyPart);
        assert(refused.retryAfterMs <= 1_100, `${rule.keyPart}: ${refused.retryAfterMs}`);
        const ttl = Number(await redis.call("PTTL", [key]));
        assert(ttl > refused.resetMs, `${rule.keyPart}: ${ttl} after ${refused.resetMs}`);
        time.nowUs += 1_100_000;
        assertEquals((await takeBy(redis, rule, { key, n: 10 })).isAllowed, true, rule.keyPart);
      }
    }),
});

Deno.test({
  ...needsRedis("scripts give keys an end that is no earlier than all is given back"),
  fn: () =>
    withRedis(async (redis) => {
      const time: ScriptTime = { nowUs: 0 };
      const rules = [
        ...BUCKETS.map((which) => bucketAt(time, which, { limit: 1, windowMs: 60_000, burst: 3 })),
        windowAt(time, { limit: 3, windowMs: 60_000, slices: 6 }),
      ];
      for (const rule of rules) {
        const key = freshKey();
        const { resetMs } = await takeBy(redis, rule, { key, n: 2 });
        const ttl = Number(await redis.call("PTTL", [key]));
        assert(ttl > resetMs && ttl <= resetMs + 2_001, `${rule.keyPart}: ${ttl}, ${resetMs}`);
        // A look leaves nothing behind.
        const other = freshKey();
        await takeBy(redis, rule, { key: other, n: 0 });
        assertEquals(await redis.call("EXISTS", [other]), 0);
      }
    }),
});

Deno.test({
  ...needsRedis("scripts put the end of a key off while it is taken from"),
  fn: () =>
    withRedis(async (redis) => {
      const time: ScriptTime = { nowUs: EPOCH_US };
      const rules = [
        ...BUCKETS.map((which) => bucketAt(time, which, { limit: 1, windowMs: 60_000, burst: 9 })),
        windowAt(time, { limit: 9, windowMs: 60_000, slices: 60 }),
      ];
      for (const rule of rules) {
        const key = freshKey();
        for (let i = 0; i < 9; i++) {
          const { isAllowed, resetMs } = await takeBy(redis, rule, { key, n: 1 });
          assertEquals(isAllowed, true);
          const ttl = Number(await redis.call("PTTL", [key]));
          assert(ttl > resetMs && ttl <= resetMs + 2_001, `${rule.keyPart}: ${ttl}, ${resetMs}`);
          // The server's own time goes on with the one given.
          time.nowUs += 700_000;
          await redis.call("PEXPIRE", [key, ttl - 700]);
        }
      }
    }),
});

function assertNear(actual: number, expected: number): void {
  if (actual === expected) return;
  assert(Math.abs(actual - expected) < 1e-6 + 1e-9 * expected, `${actual} is not ${expected}`);
}
