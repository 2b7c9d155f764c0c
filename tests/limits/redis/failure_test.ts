import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type LogFields,
  type Logger,
  MetricRegistry,
  RedisError,
  type RedisReply,
} from "../../../core/mod.ts";
import { type Decision, KeyedTokenBucket } from "../../../limits/mod.ts";
import {
  RedisGcra,
  RedisSlidingWindow,
  RedisTokenBucket,
  type RedisTokenBucketOptions,
} from "../../../limits/redis/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { DISCONNECTED, ManualRedis } from "./_manual_redis.ts";

// What holds while Redis does not decide, by a server that is the test and a clock that it moves.

/** 10 units, of which one costs 100,000 parts: what the script replies after a take. */
const TAKEN = 900_000;

interface Told {
  readonly redis: ManualRedis;
  readonly clock: FakeClock;
  readonly limiter: RedisTokenBucket;
  readonly lines: string[];
}

function setUp(options: RedisTokenBucketOptions = {}): Told {
  const redis = new ManualRedis();
  const clock = new FakeClock();
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const logger: Logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
  const limiter = new RedisTokenBucket(redis, "10/s", { clock, logger, ...options });
  return { redis, clock, limiter, lines };
}

/** Lets promises settle. */
function settled(clock: FakeClock): Promise<void> {
  return clock.advanceAsync(0);
}

/** Makes so many takes fail by time. */
async function letTimeOut({ redis, clock, limiter }: Told, count: number, ms = 100): Promise<void> {
  for (let i = 0; i < count; i++) {
    const decision = limiter.take("late");
    await redis.next();
    clock.advance(ms);
    await decision;
  }
}

Deno.test("take() gives what Redis decided, and lets its timer end", async () => {
  const { redis, clock, limiter } = setUp();
  const decision = limiter.take("a");
  assertEquals(clock.timerCount, 1);
  const { command, args, reply } = await redis.next();
  assertEquals([command, args.slice(1)], [
    "EVALSHA",
    [1, "pingo:limit:default:bucket:10/1000/10:a", 1, 1_000_000, 100_000],
  ]);
  reply(TAKEN);
  assertEquals(await decision, {
    isAllowed: true,
    policy: { name: "default", limit: 10, windowMs: 1_000 },
    limit: 10,
    remaining: 9,
    resetMs: 100,
    retryAfterMs: 0,
  });
  clock.advance(100);
  assertEquals(clock.timerCount, 0);
});

Deno.test("take() names keys by prefix, name and rule, and hashes long ones", async () => {
  const { redis, limiter } = setUp({ prefix: "edge:", name: "api", burst: 20 });
  const decisions = [
    limiter.take("a"),
    limiter.take("b".repeat(257)),
    limiter.take("c".repeat(256)),
  ];
  const { args, reply } = await redis.next();
  const keys = args.slice(2, 5).map(String);
  reply([TAKEN, TAKEN, TAKEN]);
  await Promise.all(decisions);
  assertEquals(keys[0], "edge:api:bucket:10/1000/20:a");
  assertEquals(/^edge:api:bucket:10\/1000\/20:sha256:[0-9a-f]{64}$/.test(keys[1]), true);
  assertEquals(keys[2], `edge:api:bucket:10/1000/20:${"c".repeat(256)}`);
});

Deno.test("take() lets the choice hold when Redis has not answered within timeoutMs", async () => {
  const { redis, clock, limiter } = setUp({ timeoutMs: 30 });
  let decided: Decision | null = null;
  const decision = limiter.take("a").then((each) => decided = each);
  await clock.advanceAsync(29);
  assertEquals(decided, null);
  await clock.advanceAsync(1);
  assertEquals((await decision).isAllowed, true);
  // What comes later changes nothing.
  (await redis.next()).reply(-1);
  await settled(clock);
  assertEquals((await decision).isAllowed, true);
});

Deno.test("take() has one timer for all that wait, each by its own time", async () => {
  const { redis, clock, limiter } = setUp({ timeoutMs: 30, maxFailures: 10 });
  const ends: string[] = [];
  for (const key of ["a", "b", "c"]) {
    void limiter.take(key).then(() => ends.push(`${key} ${clock.now()}`));
    await clock.advanceAsync(10);
  }
  assertEquals(clock.timerCount, 1);
  redis.calls[1].reply(TAKEN);
  await clock.advanceAsync(100);
  assertEquals(ends, ["a 30", "b 30", "c 50"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("[Symbol.dispose]() decides what waits without Redis, and stops the timer", async () => {
  const { redis, clock, limiter } = setUp({ onFailure: "closed" });
  const decisions = Promise.all([limiter.take("a"), limiter.take("b")]);
  limiter[Symbol.dispose]();
  assertEquals(clock.timerCount, 0);
  assertEquals((await decisions).map((each) => each.isAllowed), [false, false]);
  (await redis.next()).reply([TAKEN, TAKEN]);
  await settled(clock);
  limiter[Symbol.dispose]();
});

Deno.test("take() waits for nothing after maxFailures in a row", async () => {
  for (const maxFailures of [1, 3]) {
    const told = setUp({ maxFailures });
    const { redis, clock, limiter } = told;
    await letTimeOut(told, maxFailures - 1);
    assertEquals(limiter.isUp, true);
    await letTimeOut(told, 1);
    assertEquals(limiter.isUp, false);
    await limiter.take("a");
    assertEquals([redis.calls.length, clock.timerCount], [0, 0]);
  }
});

Deno.test("take() counts failures in a row only", async () => {
  const told = setUp({ maxFailures: 2 });
  await letTimeOut(told, 1);
  const decision = told.limiter.take("a");
  (await told.redis.next()).reply(TAKEN);
  await decision;
  await letTimeOut(told, 1);
  assertEquals(told.limiter.isUp, true);
});

Deno.test("take() lets the choice hold at once when there is no connection", async () => {
  const { redis, limiter, lines } = setUp({ maxFailures: 5 });
  redis.isReady = false;
  assertEquals((await limiter.take("a")).isAllowed, true);
  assertEquals([redis.calls.length, limiter.isUp], [0, false]);
  assertEquals(lines, [
    `warn Redis does not decide a limit any more {"limiter":"default","reason":"disconnected","onFailure":"local"}`,
  ]);
});

Deno.test("take() goes back to Redis by a probe that nobody waits for", async () => {
  const told = setUp({ retryMs: 500 });
  const { redis, clock, limiter, lines } = told;
  await letTimeOut(told, 3);
  await clock.advanceAsync(499);
  await limiter.take("a");
  assertEquals(redis.calls.length, 0);

  // The first take after the pause sends the probe, and is decided without it.
  await clock.advanceAsync(1);
  await limiter.take("a");
  await limiter.take("a");
  assertEquals(redis.calls.length, 1);
  const probe = await redis.next();
  assertEquals(probe.args[2], "pingo:limit:default:bucket:10/1000/10:{probe}");
  probe.fail(RedisError.ofReply("READONLY You can't write against a read only replica."));
  await settled(clock);
  assertEquals(limiter.isUp, false);

  await clock.advanceAsync(500);
  await limiter.take("a");
  (await redis.next()).reply(TAKEN);
  await settled(clock);
  assertEquals(limiter.isUp, true);
  assertEquals(
    lines.at(-1),
    `info Redis decides a limit again {"limiter":"default","afterMs":1000}`,
  );
  const decision = limiter.take("a");
  (await redis.next()).reply(-1);
  assertEquals((await decision).isAllowed, false);
});

Deno.test("take() probes at once when a lost connection stands again", async () => {
  const { redis, clock, limiter } = setUp({ retryMs: 60_000 });
  const lost = limiter.take("a");
  redis.isReady = false;
  (await redis.next()).fail(DISCONNECTED);
  await lost;
  await limiter.take("a");
  assertEquals(redis.calls.length, 0);
  redis.isReady = true;
  await limiter.take("a");
  (await redis.next()).reply(TAKEN);
  await settled(clock);
  assertEquals(limiter.isUp, true);
});

Deno.test("take() gives a probe up after timeoutMs", async () => {
  const told = setUp({ retryMs: 500, timeoutMs: 100 });
  const { redis, clock, limiter } = told;
  await letTimeOut(told, 3);
  clock.advance(500);
  await limiter.take("a");
  await redis.next();
  await clock.advanceAsync(100);
  await limiter.take("a");
  assertEquals([redis.calls.length, clock.timerCount, limiter.isUp], [0, 0, false]);
  await clock.advanceAsync(500);
  await limiter.take("a");
  assertEquals(redis.calls.length, 1);
});

const replies: { name: string; reply: RedisReply }[] = [
  { name: "a text", reply: "OK" },
  { name: "a list of texts", reply: ["1", "2"] },
  { name: "nothing", reply: null },
];
for (const { name, reply } of replies) {
  Deno.test(`take() lets the choice hold when the reply is ${name}`, async () => {
    const { redis, limiter, lines } = setUp({ maxFailures: 1 });
    const decision = limiter.take("a");
    (await redis.next()).reply(reply);
    assertEquals((await decision).isAllowed, true);
    assert(lines[0].includes(`"reason":"error"`) && lines[0].includes("another form"));
  });
}

Deno.test("onFailure local counts by the same rule in this process", async () => {
  const { redis, clock, limiter } = setUp({ burst: 2 });
  redis.isReady = false;
  const decisions = [await limiter.take("a", 2), await limiter.take("a"), await limiter.take("b")];
  assertEquals(decisions.map((each) => each.isAllowed), [true, false, true]);
  assertEquals(decisions[1].retryAfterMs, 100);
  clock.advance(100);
  assertEquals((await limiter.take("a")).isAllowed, true);
});

Deno.test("onFailure local asks the limiter of the option local", async () => {
  const clock = new FakeClock();
  const local = new KeyedTokenBucket("1/h", { name: "share", burst: 1, clock });
  const { redis, limiter } = setUp({ local });
  redis.isReady = false;
  assertEquals((await limiter.take("a")).isAllowed, true);
  const refused = await limiter.take("a");
  assertEquals([refused.isAllowed, refused.policy.name], [false, "share"]);
});

Deno.test("onFailure local goes on from what Redis has let through", async () => {
  const { redis, limiter } = setUp({ burst: 2 });
  const taken = limiter.take("a", 2);
  (await redis.next()).reply(0);
  await taken;
  const refused = limiter.take("b", 2);
  (await redis.next()).reply(-1);
  await refused;
  redis.isReady = false;
  assertEquals((await limiter.take("a")).isAllowed, false);
  assertEquals((await limiter.take("b", 2)).isAllowed, true);
});

Deno.test("onFailure open lets everything pass", async () => {
  const { redis, limiter } = setUp({ onFailure: "open" });
  redis.isReady = false;
  for (let i = 0; i < 100; i++) assertEquals((await limiter.take("a")).isAllowed, true);
  const { remaining, resetMs, retryAfterMs } = await limiter.take("a");
  assertEquals([remaining, resetMs, retryAfterMs], [10, 0, 0]);
});

Deno.test("onFailure closed lets nothing pass, and names the time of the next probe", async () => {
  const { redis, limiter } = setUp({ onFailure: "closed", retryMs: 2_000 });
  redis.isReady = false;
  const { isAllowed, remaining, resetMs, retryAfterMs } = await limiter.take("a");
  assertEquals([isAllowed, remaining, resetMs, retryAfterMs], [false, 0, 2_000, 2_000]);
});

Deno.test("metrics tell who decided, why not Redis, how long and whether it is up", async () => {
  const metrics = new MetricRegistry();
  const told = setUp({ metrics, name: "api", maxFailures: 2 });
  const { redis, clock, limiter } = told;
  const values = (): Record<string, number> =>
    Object.fromEntries(
      metrics.snapshot().flatMap((metric) =>
        metric.series.map((each) => {
          const { limiter: name, ...labels } = each.labels;
          assertEquals(name, "api");
          const value = "value" in each ? each.value : each.sum;
          return [
            [metric.name.replace("pingo_limit_redis_", ""), ...Object.values(labels)].join(" "),
            value,
          ];
        })
      ).filter(([name, value]) => value !== 0 || name === "up"),
    );
  assertEquals(values(), { up: 1 });
  const decision = limiter.take("a");
  clock.advance(50);
  (await redis.next()).reply(TAKEN);
  await decision;
  assertEquals(values(), { "decisions_total redis": 1, duration_seconds: 0.05, up: 1 });
  await letTimeOut(told, 1);
  const failed = limiter.take("a");
  (await redis.next()).fail(RedisError.ofReply("OOM command not allowed"));
  await failed;
  redis.isReady = false;
  await limiter.take("a");
  assertEquals(values(), {
    "decisions_total redis": 1,
    "decisions_total local": 3,
    "failures_total timeout": 1,
    "failures_total error": 1,
    duration_seconds: 0.05,
    up: 0,
  });
});

Deno.test("take() rejects a broken number of units", async () => {
  const { limiter } = setUp();
  for (const n of [-1, NaN, Infinity]) {
    await assertRejects(() => limiter.take("a", n), RangeError, `Cannot take ${n} units`);
  }
});

const wrong: { name: string; options: Record<string, unknown>; error: ErrorConstructor }[] = [
  { name: "timeoutMs is 0", options: { timeoutMs: 0 }, error: RangeError },
  { name: "retryMs is infinite", options: { retryMs: Infinity }, error: RangeError },
  { name: "maxFailures is broken", options: { maxFailures: 1.5 }, error: RangeError },
  { name: "onFailure is unknown", options: { onFailure: "maybe" }, error: TypeError },
  {
    name: "local is given beside another choice",
    options: { onFailure: "open", local: new KeyedTokenBucket("1/s") },
    error: TypeError,
  },
  { name: "the name cannot stand in a field", options: { name: "ä" }, error: TypeError },
  { name: "burst is 0", options: { burst: 0 }, error: RangeError },
  { name: "slices is 0", options: { slices: 0 }, error: RangeError },
];
for (const { name, options, error } of wrong) {
  Deno.test(`constructors throw when ${name}`, () => {
    const redis = new ManualRedis();
    const make = [
      () => new RedisTokenBucket(redis, "1/s", options),
      () => new RedisGcra(redis, "1/s", options),
      () => new RedisSlidingWindow(redis, "1/s", options),
    ];
    const own = "slices" in options ? make.slice(2) : "burst" in options ? make.slice(0, 2) : make;
    for (const each of own) assertThrows(each, error);
  });
}

Deno.test("constructors throw when a rate cannot be counted exactly", () => {
  const redis = new ManualRedis();
  const odd = { limit: 999_999_937, windowMs: 86_399_999 };
  assertThrows(() => new RedisTokenBucket(redis, odd), RangeError, "cannot be counted exactly");
  assertThrows(() => new RedisTokenBucket(redis, { limit: Math.PI, windowMs: 1 }), RangeError);
  assertThrows(() => new RedisSlidingWindow(redis, { limit: 1e15, windowMs: 1 }), RangeError);
  for (const rate of ["0.5/s", "3/7s", "1000000/d", "0.001/ms", "100/s"]) {
    assertEquals(new RedisTokenBucket(redis, rate).isUp, true);
    assertEquals(new RedisGcra(redis, rate).isUp, true);
  }
});

Deno.test("[Symbol.dispose]() does not count what is on its way as late", async () => {
  const metrics = new MetricRegistry();
  const { redis, limiter, lines } = setUp({ metrics, maxFailures: 1 });
  const decision = limiter.take("a");
  limiter[Symbol.dispose]();
  assertEquals((await decision).isAllowed, true);
  (await redis.next()).reply(TAKEN);
  assertEquals([limiter.isUp, lines], [true, []]);
  const failures = metrics.snapshot().find((each) => each.name.endsWith("failures_total"));
  assertEquals(failures?.series.map((each) => "value" in each && each.value), [0, 0, 0]);
});

Deno.test("a probe takes so little that it does not use its own limit up", async () => {
  const told = setUp({ burst: 1, maxFailures: 1 });
  await letTimeOut(told, 1);
  await told.clock.advanceAsync(1_000);
  await told.limiter.take("a");
  const [, , , , capacity, cost] = (await told.redis.next()).args;
  assertEquals([cost, capacity], [100, 100_000]);
});

Deno.test("take() counts failures anew once Redis is back", async () => {
  const told = setUp({ maxFailures: 3 });
  const { redis, clock, limiter } = told;
  await letTimeOut(told, 3);
  await clock.advanceAsync(1_000);
  await limiter.take("a");
  (await redis.next()).reply(TAKEN);
  await settled(clock);
  await letTimeOut(told, 2);
  assertEquals(limiter.isUp, true);
  await letTimeOut(told, 1);
  assertEquals(limiter.isUp, false);
});

Deno.test("take() rounds a broken cost up, and not for the last bit of a product", async () => {
  const { redis, limiter } = setUp();
  for (const [n, cost] of [[1 / 3, 33_334], [0.07 * 3, 21_000], [0, 0]]) {
    const decision = limiter.take("a", n);
    const { args, reply } = await redis.next();
    assertEquals(args[5], cost);
    reply(TAKEN);
    await decision;
  }
});

Deno.test("RedisSlidingWindow rounds the width of a slice up, so that no window is too short", async () => {
  const redis = new ManualRedis();
  using limiter = new RedisSlidingWindow(redis, "10/s", { slices: 3, clock: new FakeClock() });
  const decision = limiter.take("a");
  const { args, reply } = await redis.next();
  assertEquals(args.slice(3), [10_000, 333_334, 3, 1_000]);
  reply("9 0 0");
  assertEquals((await decision).remaining, 9);
});

Deno.test("take() sends nothing a second time but where the server does not know the script", async () => {
  for (const fails of [DISCONNECTED, RedisError.ofReply("OOM command not allowed")]) {
    const { redis, clock, limiter } = setUp();
    const decision = limiter.take("a");
    (await redis.next()).fail(fails);
    await settled(clock);
    assertEquals(redis.calls.length, 0);
    assertEquals((await decision).isAllowed, true);
  }
  const { redis, clock, limiter } = setUp();
  void limiter.take("a");
  (await redis.next()).fail(RedisError.ofReply("NOSCRIPT No matching script."));
  await settled(clock);
  assertEquals((await redis.next()).command, "EVAL");
});

Deno.test("onFailure local answers by the name of the limit", async () => {
  const clock = new FakeClock();
  const redis = new ManualRedis();
  redis.isReady = false;
  const options = { name: "api", clock };
  const limiters = [
    new RedisTokenBucket(redis, "1/s", options),
    new RedisGcra(redis, "1/s", options),
    new RedisSlidingWindow(redis, "1/s", options),
  ];
  for (const limiter of limiters) {
    assertEquals((await limiter.take("a")).policy.name, "api");
    assertEquals(limiter.policies[0].name, "api");
  }
});

Deno.test("metrics tell that Redis is up again", async () => {
  const metrics = new MetricRegistry();
  const told = setUp({ metrics, maxFailures: 1 });
  const up = () => {
    const metric = metrics.snapshot().find((each) => each.name === "pingo_limit_redis_up");
    return metric?.series.map((each) => "value" in each && each.value);
  };
  await letTimeOut(told, 1);
  assertEquals(up(), [0]);
  await told.clock.advanceAsync(1_000);
  await told.limiter.take("a");
  (await told.redis.next()).reply(TAKEN);
  await settled(told.clock);
  assertEquals(up(), [1]);
});
