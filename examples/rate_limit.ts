/**
 * A proxy that lets each client have so many requests, and tells it so in `RateLimit` fields (429 and
 * `Retry-After` beyond them). A client is an IPv4 address or an IPv6 /64.
 *
 *     TARGET=127.0.0.1:3000 RATE=100/s deno run -A examples/rate_limit.ts
 *     TARGET=127.0.0.1:3000 RATE=100/s REDIS_URL=redis://127.0.0.1:6379 deno run -A examples/rate_limit.ts
 *
 * RATE       how many requests in which time: `100/s` (the default), `10/500ms`, `1000/h`
 * REDIS_URL  a Redis or Valkey that all proxies of one limit share; while it is gone each one counts alone
 * LISTEN, TARGET, CERT, KEY, ACCESS_LOG, ADMIN  as in proxy.ts
 *
 * @module
 */
import { createLogger, KeyedTokenBucket, ProxyService, rateLimit, rateOf } from "@pingo/pingo";
import type { AsyncLimiter, MetricSink } from "@pingo/pingo";
import { listenBy, runServer, UsageError } from "@pingo/pingo/cli";

const env = (name: string): string | undefined => Deno.env.get(name) || undefined;

/** The one line that changes when several proxies share a limit. */
async function limiterOf(rate: string, metrics?: MetricSink): Promise<AsyncLimiter> {
  const url = env("REDIS_URL");
  try {
    if (url === undefined) return new KeyedTokenBucket(rate);
    // Who needs no Redis need not load it.
    const { openRedis } = await import("@pingo/pingo/core/redis/iovalkey");
    const { RedisTokenBucket } = await import("@pingo/pingo/limits/redis");
    const logger = createLogger();
    const redis = openRedis(url, { logger });
    const limiter = new RedisTokenBucket(redis, rateOf(rate), { logger, metrics });
    await redis.whenReady(1_000);
    return limiter;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

Deno.exit(
  await runServer(async ({ settings, upstreams, observers, middleware, metrics }) => {
    const limiter = await limiterOf(env("RATE") ?? "100/s", metrics);
    const proxy = new ProxyService("proxy", {
      upstreams,
      observers,
      middleware: [...middleware, rateLimit({ limiter, metrics })],
      metrics,
    });
    return [listenBy(settings, proxy)];
  }),
);
