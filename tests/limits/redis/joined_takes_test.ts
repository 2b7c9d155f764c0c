import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type LogFields, MetricRegistry, type RedisClient, RedisError } from "../../../core/mod.ts";
import { openRedis, type RedisConnection } from "../../../core/redis/iovalkey/mod.ts";
import type { Decision } from "../../../limits/mod.ts";
import type { RedisRule } from "../../../limits/redis/_redis_rule.ts";
import { RedisTake } from "../../../limits/redis/_redis_take.ts";
import { TakeQueue } from "../../../limits/redis/_take_queue.ts";
import { RedisSlidingWindow, RedisTokenBucket } from "../../../limits/redis/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { needs } from "../../support/needs.ts";
import { anyRedis, needsRedis, RedisServer } from "../../support/redis_server.ts";
import { DISCONNECTED, ManualRedis } from "./_manual_redis.ts";
import {
  bucketAt,
  BUCKETS,
  EPOCH_US,
  freshKey,
  type ScriptTime,
  takeBy,
  windowAt,
} from "./_rules.ts";

// Takes of one turn, which are asked for in one call.

const PATIENT_MS = 5_000;

interface Taken {
  readonly key: string;
  readonly n: number;
}

/** Takes at once by a queue. */
function takeTogether(
  queue: TakeQueue,
  takes: readonly Taken[],
): Promise<(Decision | unknown)[]> {
  return Promise.all(takes.map(({ key, n }) =>
    new Promise((resolve) => {
      const ends = {
        decided: (_: RedisTake, decision: Decision) => resolve(decision),
        failed: (_: RedisTake, error: unknown) => resolve(error),
        givenUp: () => {},
      };
      queue.add(new RedisTake(ends, { name: key, key, n, start: 0, deadline: 0, resolve }));
    })
  ));
}

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 40 }),
  windowMs: fc.constantFrom(1, 7, 1_000, 60_000),
  burst: fc.integer({ min: 1, max: 20 }),
  slices: fc.integer({ min: 1, max: 12 }),
});
const turns = fc.array(
  fc.record({
    pause: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.5, noNaN: true })),
    takes: fc.array(
      fc.record({
        key: fc.constantFrom("a", "b", "c", "d"),
        n: fc.oneof(
          fc.integer({ min: 0, max: 3 }),
          fc.constantFrom(0.001, 1 / 3, 7.5, 41, 1e9),
        ),
      }),
      { minLength: 1, maxLength: 20 },
    ),
  }),
  { maxLength: 12 },
);

for (const name of ["token bucket", "GCRA", "sliding window"]) {
  Deno.test({
    ...needsRedis(`takes of one turn are decided as if one came after another, by ${name}`),
    async fn() {
      await using server = await anyRedis();
      await using redis = openRedis(server.url);
      assert(await redis.whenReady(5_000));
      await fc.assert(
        fc.asyncProperty(rates, turns, async (rate, turns) => {
          const time: ScriptTime = { nowUs: EPOCH_US };
          const bucket = BUCKETS.find(({ kind }) => kind === name);
          const rule: RedisRule = bucket === undefined
            ? windowAt(time, rate)
            : bucketAt(time, bucket, rate);
          const queue = new TakeQueue(redis, rule);
          const [together, alone] = [freshKey(), freshKey()];
          for (const { pause, takes } of turns) {
            time.nowUs += Math.floor(pause * rate.windowMs * 1_000);
            const got = await takeTogether(
              queue,
              takes.map(({ key, n }) => ({ key: together + key, n })),
            );
            const expected: Decision[] = [];
            for (const { key, n } of takes) {
              expected.push(await takeBy(redis, rule, { key: alone + key, n }));
            }
            assertEquals(got, expected);
          }
        }),
        { numRuns: 40 },
      );
    },
  });
}

Deno.test({
  ...needsRedis("takes of one turn from one key are decided in their order, each for itself"),
  async fn() {
    await using server = await anyRedis();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const options = { prefix: freshKey(), timeoutMs: PATIENT_MS };
    const limiters = [
      new RedisTokenBucket(redis, "10/h", options),
      new RedisSlidingWindow(redis, "10/h", options),
    ];
    for (const limiter of limiters) {
      const decisions = await Promise.all([4, 7, 5, 2, 0, 1, 1].map((n) => limiter.take("a", n)));
      assertEquals(
        decisions.map(({ isAllowed, remaining }) => [isAllowed, remaining]),
        [[true, 6], [false, 6], [true, 1], [false, 1], [true, 1], [true, 0], [false, 0]],
      );
      limiter[Symbol.dispose]();
    }
  },
});

/** A bucket of 10 an hour that goes down by no failure soon, and counts who decides and what fails. */
function watched(redis: RedisClient, prefix = freshKey()): {
  limiter: RedisTokenBucket;
  decidedBy(by: string): number;
  errors: string[];
} {
  const metrics = new MetricRegistry();
  const errors: string[] = [];
  const logger = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (_: string, fields?: LogFields) => void errors.push(String(fields?.error)),
  };
  const limiter = new RedisTokenBucket(redis, "10/h", {
    prefix,
    metrics,
    logger,
    timeoutMs: PATIENT_MS,
    maxFailures: 100,
  });
  return {
    limiter,
    errors,
    decidedBy(by) {
      const metric = metrics.snapshot().find(({ name }) => name.endsWith("decisions_total"));
      const series = metric?.series.find(({ labels }) => labels.by === by);
      return series !== undefined && "value" in series ? series.value : NaN;
    },
  };
}

const spoils: { name: string; command: string; args: string[] }[] = [
  { name: "a list", command: "RPUSH", args: ["x"] },
  { name: "a text", command: "SET", args: ["10"] },
];
for (const { name, command, args } of spoils) {
  Deno.test({
    ...needsRedis(`a key that holds ${name} is nothing to the others of its turn`),
    async fn() {
      await using server = await anyRedis();
      await using redis = openRedis(server.url);
      await redis.whenReady(5_000);
      const prefix = freshKey();
      const { limiter, decidedBy } = watched(redis, prefix);
      await redis.call(command, [`${prefix}default:bucket:10/3600000/10:bad`, ...args]);
      const keys = ["a", "bad", "b", "bad", "a"];
      const decisions = await Promise.all(keys.map((key) => limiter.take(key, 4)));
      assertEquals(decisions.map(({ remaining }) => remaining), [6, 6, 6, 2, 2]);
      assertEquals([decidedBy("redis"), decidedBy("local")], [3, 2]);
      await limiter.take("bad");
      assertEquals([decidedBy("redis"), decidedBy("local"), limiter.isUp], [3, 3, true]);
      limiter[Symbol.dispose]();
    },
  });
}

Deno.test({
  ...needs(
    "redis-server",
    "takes that need no memory are decided by a full Redis, others of their turn are not",
  ),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const { limiter, decidedBy } = watched(redis);
    await limiter.take("empty", 10);
    await redis.call("CONFIG", ["SET", "maxmemory", "1"]);
    const decisions = await Promise.all(
      ["empty", "fresh", "empty"].map((key) => limiter.take(key)),
    );
    assertEquals(decisions.map(({ isAllowed }) => isAllowed), [false, true, false]);
    assertEquals([decidedBy("redis"), decidedBy("local")], [3, 1]);
    limiter[Symbol.dispose]();
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "keys of several slots are asked for one by one from a Redis that is of a cluster",
  ),
  async fn() {
    await using server = await RedisServer.start({ args: ["--cluster-enabled", "yes"] });
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    await redis.call("CLUSTER", ["ADDSLOTSRANGE", 0, 16_383]);
    await untilOk(redis);
    const { limiter, decidedBy, errors } = watched(redis);
    const keys = ["a", "b", "a", "c", "d"];
    for (const left of [[9, 9, 8, 9, 9], [7, 8, 6, 8, 8]]) {
      const decisions = await Promise.all(keys.map((key) => limiter.take(key)));
      assertEquals(decisions.map(({ remaining }) => remaining), left);
    }
    assertEquals([decidedBy("redis"), decidedBy("local"), errors], [10, 0, []]);
    limiter[Symbol.dispose]();
  },
});

Deno.test("a client of a cluster is never asked for several keys in one call", async () => {
  const redis = new ManualRedis();
  redis.isCluster = true;
  const limiter = new RedisTokenBucket(redis, "10/s", { clock: new FakeClock() });
  const decisions = Promise.all(["a", "b", "a"].map((key) => limiter.take(key)));
  const [first, second] = [await redis.next(), await redis.next()];
  assertEquals([first.args[1], second.args[1], redis.calls.length], [1, 1, 0]);
  assertEquals(first.args.slice(3), [1, 1_000_000, 100_000, -100_001]);
  first.reply([900_000, 800_000]);
  second.reply(900_000);
  assertEquals((await decisions).map(({ remaining }) => remaining), [9, 9, 8]);
});

Deno.test("takes of one call keep their own deadlines", async () => {
  const redis = new ManualRedis();
  const clock = new FakeClock();
  using limiter = new RedisTokenBucket(redis, "10/s", {
    clock,
    timeoutMs: 30,
    onFailure: "closed",
  });
  const first = limiter.take("a");
  // The turn takes its time.
  clock.advance(20);
  const second = limiter.take("b");
  const call = await redis.next();
  assertEquals(call.args[1], 2);
  clock.advance(10);
  assertEquals((await first).isAllowed, false);
  call.reply([900_000, 900_000]);
  assertEquals((await second).isAllowed, true);
});

Deno.test("takes of one call that failed are decided each by itself", async () => {
  for (const error of [DISCONNECTED, RedisError.ofReply("BUSY Redis is busy running a script.")]) {
    const redis = new ManualRedis();
    const limiter = new RedisTokenBucket(redis, "1/h", { clock: new FakeClock(), maxFailures: 9 });
    const decisions = Promise.all(["a", "b", "a"].map((key) => limiter.take(key)));
    (await redis.next()).fail(error);
    assertEquals((await decisions).map(({ isAllowed }) => isAllowed), [true, true, false]);
    assertEquals(redis.calls.length, 0);
  }
});

Deno.test("takes of one call are sent again as text where the server does not know the script", async () => {
  const redis = new ManualRedis();
  const clock = new FakeClock();
  const limiter = new RedisTokenBucket(redis, "10/s", { clock });
  const decisions = Promise.all(["a", "b"].map((key) => limiter.take(key)));
  const unknown = await redis.next();
  unknown.fail(RedisError.ofReply("NOSCRIPT No matching script."));
  await clock.advanceAsync(0);
  const known = await redis.next();
  assertEquals([known.command, known.args.slice(1)], ["EVAL", unknown.args.slice(1)]);
  known.reply([900_000, -1]);
  assertEquals((await decisions).map(({ isAllowed }) => isAllowed), [true, false]);
});

Deno.test("takes that a reply has nothing readable for are decided without it", async () => {
  const redis = new ManualRedis();
  const options = { clock: new FakeClock(), maxFailures: 9, onFailure: "closed" } as const;
  for (
    const [reply, allowed] of [
      [[900_000], [true, false, false]],
      [[900_000, null, 900_000], [true, false, true]],
      [[900_000, "OOM not allowed", 900_000], [true, false, true]],
      ["OK", [false, false, false]],
      [900_000, [false, false, false]],
    ] as const
  ) {
    const limiter = new RedisTokenBucket(redis, "10/s", options);
    const decisions = Promise.all(["a", "b", "c"].map((key) => limiter.take(key)));
    (await redis.next()).reply(reply);
    assertEquals((await decisions).map(({ isAllowed }) => isAllowed), [...allowed]);
  }
});

/** A cluster takes a moment until it knows that all its slots are served. */
async function untilOk(redis: RedisConnection): Promise<void> {
  const end = performance.now() + 10_000;
  while (!String(await redis.call("CLUSTER", ["INFO"])).includes("cluster_state:ok")) {
    assert(performance.now() < end, "the cluster did not come up within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
