import { assert, assertEquals } from "@std/assert";
import { type LogFields, type Logger, MetricRegistry } from "../../../core/mod.ts";
import { openRedis, type RedisConnection } from "../../../core/redis/iovalkey/mod.ts";
import {
  RedisGcra,
  type RedisLimiterOptions,
  RedisSlidingWindow,
  RedisTokenBucket,
} from "../../../limits/redis/mod.ts";
import { needs } from "../../support/needs.ts";
import { anyRedis, needsRedis, RedisServer } from "../../support/redis_server.ts";

// Over a real server, which is killed, stopped, flushed and made useless.

const RETRY_MS = 50;
/** On a busy machine even a healthy server takes its time. */
const PATIENT_MS = 5_000;

Deno.test({
  ...needsRedis("limiters over Redis decide by the server's time, for each key by itself"),
  async fn(t) {
    await using server = await anyRedis();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const prefix = `pingo:test:${crypto.randomUUID()}:`;
    const options = { prefix, timeoutMs: PATIENT_MS };
    const limiters = [
      new RedisTokenBucket(redis, "3/h", { ...options, burst: 3 }),
      new RedisGcra(redis, "3/h", { ...options, burst: 3 }),
      new RedisSlidingWindow(redis, "3/h", options),
    ];
    for (const each of limiters) {
      await t.step(each.constructor.name, async () => {
        using limiter = each;
        const decisions = await Promise.all([1, 1, 1, 1].map((n) => limiter.take("a", n)));
        assertEquals(decisions.map((each) => each.isAllowed), [true, true, true, false]);
        assertEquals(decisions.map((each) => each.remaining), [2, 1, 0, 0]);
        const { retryAfterMs, resetMs } = decisions[3];
        assert(retryAfterMs > 1_000_000 && retryAfterMs <= 3_960_000, String(retryAfterMs));
        assert(resetMs > 3_500_000 && resetMs <= 3_960_000, String(resetMs));
        assertEquals((await limiter.take("b", 3)).isAllowed, true);
        assertEquals((await limiter.take("c", 4)).retryAfterMs, Infinity);
        assertEquals((await limiter.take("c", 0)).remaining, 3);
      });
    }
    using quick = new RedisGcra(redis, "50/s", options);
    await quick.take("a");
    const { isAllowed, retryAfterMs } = await quick.take("a");
    assert(isAllowed || retryAfterMs <= 20);
    await waitMs(25);
    assertEquals((await quick.take("a")).isAllowed, true);
  },
});

Deno.test({
  ...needs("redis-server", "takes of one turn share a write and few calls, in one round trip"),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    using limiter = new RedisTokenBucket(redis, "1000/h", { timeoutMs: PATIENT_MS });
    await limiter.take("a");
    const before = await statsOf(redis);
    const decisions = await Promise.all(
      Array.from({ length: 2_000 }, (_, i) => limiter.take(i % 2 === 0 ? "a" : `b${i}`)),
    );
    const after = await statsOf(redis);
    assertEquals(decisions.filter((each) => each.isAllowed).length, 1_999);
    // 128 takes a call, and the server reads 16 KiB at a time.
    assertEquals(after.evalsha - before.evalsha, 16);
    assert(after.reads - before.reads < 20, `${after.reads - before.reads} reads`);
  },
});

Deno.test({
  ...needs("redis-server", "keys are gone when they say no more than none, whatever their number"),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const limiters = [
      new RedisTokenBucket(redis, "100/s", { timeoutMs: PATIENT_MS }),
      new RedisGcra(redis, "100/s", { timeoutMs: PATIENT_MS, burst: 100 }),
      new RedisSlidingWindow(redis, "100/100ms", { timeoutMs: PATIENT_MS }),
    ];
    await Promise.all(
      limiters.flatMap((each) => Array.from({ length: 500 }, (_, i) => each.take(`client ${i}`))),
    );
    assertEquals(await redis.call("DBSIZE", []), 1_500);
    for (const each of limiters) each[Symbol.dispose]();
    // Redis takes expired keys away when it looks at them, and by itself.
    await until(async () => await redis.call("DBSIZE", []) === 0);
  },
});

for (const command of ["FLUSHALL", "SCRIPT FLUSH"]) {
  Deno.test({
    ...needs("redis-server", `takes go on while somebody does ${command}`),
    async fn() {
      await using server = await RedisServer.start();
      await using redis = openRedis(server.url);
      await redis.whenReady(5_000);
      using told = watched(redis, { timeoutMs: PATIENT_MS });
      const { limiter, decidedBy } = told;
      let isOver = false;
      const load = (async () => {
        while (!isOver) await Promise.all(["a", "b", "c"].map((key) => limiter.take(key)));
      })();
      const [name, ...args] = command.split(" ");
      for (let i = 0; i < 20; i++) {
        await redis.call(name, args);
        await waitMs(2);
      }
      isOver = true;
      await load;
      assertEquals([decidedBy("local"), limiter.isUp], [0, true]);
      assert(decidedBy("redis") > 20);
    },
  });
}

const choices = [
  { onFailure: "local", allowed: 10 },
  { onFailure: "open", allowed: 50 },
  { onFailure: "closed", allowed: 0 },
] as const;
for (const { onFailure, allowed } of choices) {
  Deno.test({
    ...needs(
      "redis-server",
      `onFailure ${onFailure} holds while Redis is killed, and ends when it is back`,
    ),
    async fn() {
      await using server = await RedisServer.start();
      await using redis = openRedis(server.url, { maxReconnectMs: 50 });
      await redis.whenReady(5_000);
      using told = watched(redis, { onFailure, timeoutMs: PATIENT_MS });
      const { limiter, lines, decidedBy } = told;
      const load = loadOf(limiter);
      await until(() => decidedBy("redis") > 100);
      await server.kill();
      await until(() => decidedBy(onFailure) > 100);
      // Nobody waits for what is dead.
      const start = performance.now();
      const decisions = await Promise.all(Array.from({ length: 50 }, () => limiter.take("fresh")));
      assertEquals(decisions.filter((each) => each.isAllowed).length, allowed);
      assert(performance.now() - start < 100);

      await server.start();
      await until(() => limiter.isUp);
      const before = decidedBy("redis");
      await until(() => decidedBy("redis") > before + 100);
      await load.stop();
      assertEquals(lines.map((line) => line.split(" {")[0]), [
        "warn Redis does not decide a limit any more",
        "info Redis decides a limit again",
      ]);
    },
  });
}

Deno.test({
  ...needs(
    "redis-server",
    "takes wait for a stopped Redis no more than a few times, and go back to it",
  ),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const timeoutMs = 200;
    using told = watched(redis, { timeoutMs, maxFailures: 2 });
    const { limiter, lines, decidedBy } = told;
    await limiter.take("a");
    server.signal("SIGSTOP");
    for (let i = 0; i < 2; i++) {
      const start = performance.now();
      assertEquals((await limiter.take("a")).isAllowed, true);
      assert(performance.now() - start >= timeoutMs - 2);
    }
    const start = performance.now();
    for (let i = 0; i < 1_000; i++) await limiter.take("a");
    assert(performance.now() - start < timeoutMs, "1,000 takes waited");
    assertEquals([limiter.isUp, decidedBy("local")], [false, 1_002]);
    assert(lines[0].includes(`"reason":"timeout"`), lines[0]);
    await waitMs(2 * RETRY_MS);
    await limiter.take("a");
    server.signal("SIGCONT");
    await until(async () => {
      await limiter.take("a");
      return limiter.isUp;
    });
    const before = decidedBy("redis");
    await limiter.take("a");
    assertEquals(decidedBy("redis"), before + 1);
  },
});

const useless: { name: string; break: string[]; mend: string[]; error: RegExp }[] = [
  {
    name: "is full",
    break: ["CONFIG", "SET", "maxmemory", "1"],
    mend: ["CONFIG", "SET", "maxmemory", "0"],
    error: /OOM/,
  },
  {
    name: "has become a replica",
    break: ["REPLICAOF", "127.0.0.1", "9"],
    mend: ["REPLICAOF", "NO", "ONE"],
    error: /READONLY|disconnected/,
  },
];
for (const { name, break: spoil, mend, error } of useless) {
  Deno.test({
    ...needs("redis-server", `takes are decided without a Redis that ${name}, until that is over`),
    async fn() {
      await using server = await RedisServer.start();
      await using redis = openRedis(server.url, { maxReconnectMs: 50 });
      await using admin = openRedis(server.url);
      await redis.whenReady(5_000);
      await admin.whenReady(5_000);
      using told = watched(redis, { timeoutMs: PATIENT_MS });
      const { limiter, lines, decidedBy } = told;
      const load = loadOf(limiter);
      await until(() => decidedBy("redis") > 10);
      await admin.call(spoil[0], spoil.slice(1));
      await until(() => decidedBy("local") > 100 && !limiter.isUp);
      assert(error.test(lines[0]), lines[0]);
      await admin.call(mend[0], mend.slice(1));
      await until(() => limiter.isUp);
      await load.stop();
    },
  });
}

Deno.test({
  ...needs("redis-server", "takes are decided without a Redis whose password is another"),
  async fn() {
    await using server = await RedisServer.start({ args: ["--requirepass", "hunter2"] });
    await using redis = openRedis(`redis://:wrong@127.0.0.1:${server.port}`);
    await redis.whenReady(200);
    using told = watched(redis, { timeoutMs: PATIENT_MS });
    const { limiter, lines, decidedBy } = told;
    const start = performance.now();
    for (let i = 0; i < 100; i++) await limiter.take("a");
    assert(performance.now() - start < 1_000);
    assertEquals([decidedBy("local"), decidedBy("redis")], [100, 0]);
    assert(lines[0].includes(`"reason":"disconnected"`), lines[0]);
  },
});

interface Watched extends Disposable {
  readonly limiter: RedisTokenBucket;
  readonly lines: string[];
  decidedBy(by: "redis" | "local" | "open" | "closed"): number;
}

/** A limit of 10 an hour that tells who decides. */
function watched(redis: RedisConnection, options: RedisLimiterOptions): Watched {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const logger: Logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
  const metrics = new MetricRegistry();
  const limiter = new RedisTokenBucket(redis, "10/h", {
    retryMs: RETRY_MS,
    logger,
    metrics,
    ...options,
  });
  return {
    limiter,
    lines,
    [Symbol.dispose]: () => limiter[Symbol.dispose](),
    decidedBy(by) {
      const decisions = metrics.snapshot()
        .find((each) => each.name === "pingo_limit_redis_decisions_total");
      const series = decisions?.series.find((each) => each.labels.by === by);
      return series !== undefined && "value" in series ? series.value : NaN;
    },
  };
}

/** Ten takers that take without a pause. */
function loadOf(limiter: RedisTokenBucket): { stop(): Promise<unknown> } {
  let isOver = false;
  const takers = Array.from({ length: 10 }, async (_, i) => {
    while (!isOver) {
      await limiter.take(`load ${i}`);
      // Decided at once, it would never let anything else run.
      await waitMs(0);
    }
  });
  return {
    stop() {
      isOver = true;
      return Promise.all(takers);
    },
  };
}

async function statsOf(redis: RedisConnection): Promise<{ reads: number; evalsha: number }> {
  const info = String(await redis.call("INFO", ["everything"]));
  const read = (name: RegExp): number => Number(name.exec(info)?.[1]);
  return {
    reads: read(/total_reads_processed:(\d+)/),
    evalsha: read(/cmdstat_evalsha:calls=(\d+)/),
  };
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!await isSo()) {
    assert(performance.now() < end, "it did not come to it within 20 s");
    await waitMs(5);
  }
}
