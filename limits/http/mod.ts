/**
 * Limits as middlewares: rate limits with the fields that tell clients, concurrency, circuit breaker, load
 * shedding.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memoryTransport, reply } from "@pingo/pingo/core";
 * import { HttpProxy } from "@pingo/pingo/proxy";
 * import { concurrencyLimit, rateLimit } from "@pingo/pingo/limits/http";
 *
 * await using proxy = new HttpProxy({
 *   upstream: "app:8080",
 *   transport: memoryTransport(() => reply(200, "hello")),
 *   middleware: [rateLimit({ rate: "100/s" }), concurrencyLimit({ limit: 1_000 })],
 * });
 * const response = await proxy.fetch(new Request("http://localhost/"));
 * assertEquals(await response.text(), "hello");
 * assertEquals(response.headers.get("ratelimit"), '"default";r=99;t=1');
 * ```
 *
 * @module
 */
export { rateLimit, type RateLimitOptions } from "./rate_limit.ts";
export {
  type QuotaUnit,
  rateLimitPolicy,
  type RateLimitPolicyOptions,
  rateLimitState,
  retryAfterSeconds,
} from "./rate_limit_fields.ts";
export {
  clientKey,
  type ClientKeyOptions,
  cookieKey,
  headerKey,
  joinedKey,
  type KeyOf,
  pathKey,
  type PathKeyOptions,
} from "./keys.ts";
export { concurrencyLimit, type ConcurrencyLimitMiddlewareOptions } from "./concurrency_limit.ts";
export { breaker, type BreakerOptions } from "./breaker.ts";
export { loadShed, type LoadShedOptions } from "./load_shed.ts";
export { EventLoopLag, type EventLoopLagOptions } from "./event_loop_lag.ts";
export type { OwnAnswer } from "./_refuse.ts";
