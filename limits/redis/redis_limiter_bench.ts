import { Redis } from "iovalkey";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { openRedis } from "../../core/redis/iovalkey/mod.ts";
import { findProgram } from "../../tests/support/needs.ts";
import { RedisServer } from "../../tests/support/redis_server.ts";
import { RedisGcra, RedisSlidingWindow, RedisTokenBucket } from "./mod.ts";

// What a take over Redis costs, beside rate-limiter-flexible over the same client and server. `deno bench` measures the
// time of one take, and of a hundred that come in one turn; run as a program it prints the latency of each take:
//
//     deno run -A limits/redis/redis_limiter_bench.ts [takes]

interface Case {
  readonly name: string;
  readonly take: (key: string) => Promise<unknown>;
}

const AT_ONCE = [1, 100];
const KEYS = 1_000;

async function cases(url: string): Promise<Case[]> {
  const redis = openRedis(url);
  await redis.whenReady(5_000);
  const plain = new Redis(url);
  const pipelining = new Redis(url, { enableAutoPipelining: true });
  const rule = { points: 1_000_000, duration: 1 };
  const flexible = new RateLimiterRedis({ storeClient: plain, keyPrefix: "plain", ...rule });
  const auto = new RateLimiterRedis({ storeClient: pipelining, keyPrefix: "auto", ...rule });
  const rate = "1000000/s";
  const bucket = new RedisTokenBucket(redis, rate, { timeoutMs: 10_000 });
  const gcra = new RedisGcra(redis, rate, { timeoutMs: 10_000, burst: 1_000_000 });
  const window = new RedisSlidingWindow(redis, rate, { timeoutMs: 10_000 });
  return [
    { name: "rate-limiter-flexible", take: (key) => flexible.consume(key) },
    { name: "rate-limiter-flexible, auto pipelining", take: (key) => auto.consume(key) },
    { name: "RedisTokenBucket", take: (key) => bucket.take(key) },
    { name: "RedisGcra", take: (key) => gcra.take(key) },
    { name: "RedisSlidingWindow", take: (key) => window.take(key) },
  ];
}

let next = 0;
function takeMany({ take }: Case, count: number): Promise<unknown> {
  const takes: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) takes.push(take(`client ${next++ % KEYS}`));
  return Promise.all(takes);
}

/** The time from the call of each take to its decision, in microseconds. */
async function latencies({ take }: Case, takes: number, atOnce: number): Promise<number[]> {
  const spans: number[] = [];
  const one = async (): Promise<void> => {
    const start = performance.now();
    await take(`client ${next++ % KEYS}`);
    spans.push((performance.now() - start) * 1_000);
  };
  while (spans.length < takes) await Promise.all(Array.from({ length: atOnce }, one));
  return spans.sort((a, b) => a - b);
}

if (findProgram("redis-server") !== null) {
  const server = await RedisServer.start();
  const measured = await cases(server.url);
  if (import.meta.main) await print(measured, Number(Deno.args[0] ?? 20_000));
  else {
    for (const atOnce of AT_ONCE) {
      for (const each of measured) {
        Deno.bench({
          name: each.name,
          group: atOnce === 1 ? "one take over Redis" : `${atOnce} takes over Redis in one turn`,
          baseline: each.name === "RedisTokenBucket",
          fn: async () => void await takeMany(each, atOnce),
        });
      }
    }
  }
  if (import.meta.main) {
    await server[Symbol.asyncDispose]();
    Deno.exit();
  }
  addEventListener("unload", () => {
    server.signal("SIGKILL");
    Deno.removeSync(server.folder, { recursive: true });
  });
}

/** In turns, so that all have the same machine. */
async function print(measured: readonly Case[], takes: number): Promise<void> {
  const rounds = 20;
  for (const atOnce of AT_ONCE) {
    const spans = new Map(measured.map((each): [Case, number[]] => [each, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [each, all] of spans) {
        const some = await latencies(each, takes / rounds, atOnce);
        // The first round warms up.
        if (round > 0) all.push(...some);
      }
    }
    console.log(`${atOnce} at a time, microseconds:`);
    console.table([...spans].map(([{ name }, all]) => {
      all.sort((a, b) => a - b);
      const at = (share: number): number => Math.round(all[Math.floor(all.length * share)]);
      return { name, p50: at(0.5), p99: at(0.99), takes: all.length };
    }));
  }
}
