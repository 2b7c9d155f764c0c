import type {
  AnyMiddleware,
  Counter,
  Exchange,
  Handler,
  MetricSink,
  Reply,
} from "../../core/mod.ts";
import {
  type AsyncLimiter,
  type Decision,
  KeyedTokenBucket,
  type Rate,
  type RateLimiter,
} from "../mod.ts";
import { clientKey, type KeyOf } from "./keys.ts";
import { failure, fieldWriter, limited, ownAnswer, withFields } from "./_field_writer.ts";
import type { QuotaUnit } from "./rate_limit_fields.ts";
import { type OwnAnswer, refuse } from "./_refuse.ts";

/** Options of {@linkcode rateLimit}: one of `rate` and `limiter`, and the rest. */
export interface RateLimitOptions {
  /** A rate for each key, by a {@linkcode KeyedTokenBucket}: `100/s`. */
  rate?: Rate | string;
  /** What decides: for each key, here or over the network, or for all requests together. */
  limiter?: AsyncLimiter | RateLimiter;
  /**
   * Whom a request is counted for; null for nobody: it passes. Not used with a limiter for all together.
   *
   * @default {clientKey()}
   */
  key?: KeyOf;
  /**
   * How many units a request takes.
   *
   * @default {1}
   */
  cost?: number | ((exchange: Exchange) => number);
  /**
   * Which fields tell the client: those of the IETF's draft (`RateLimit`, `RateLimit-Policy`), the older
   * `X-RateLimit-Limit`, `-Remaining` and `-Reset` (in seconds from now), both, or none. They stand on every
   * answer that was let through, and on the page of a `ProxyError` that comes from further inside. A
   * refusal has `Retry-After` in any case.
   *
   * @default {"draft"}
   */
  headers?: "draft" | "legacy" | "both" | "none";
  /**
   * What a unit is, in `RateLimit-Policy`.
   *
   * @default {"requests"}
   */
  unit?: QuotaUnit;
  /**
   * An own answer to who is turned away, or only a look; it gets the fields too, but for a `Retry-After` of
   * its own. Without one, and when it gives undefined, it is the error page with status 429.
   */
  onLimited?: (exchange: Exchange, decision: Decision) => OwnAnswer | Promise<OwnAnswer>;
  /**
   * Counts what passes and what does not: `pingo_rate_limit_requests_total`, with the labels `limit` (the
   * name of the tightest rule) and `outcome` (`allowed`, `limited`).
   */
  metrics?: MetricSink;
}

/**
 * Turns requests away with 429 when a rate limit is used up.
 *
 * @throws {TypeError} when there is not exactly one of `rate` and `limiter`, the rate cannot be understood, or
 * `headers` or `unit` is no choice
 * @throws {RangeError} when a number is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, reply, toFetch } from "@pingo/pingo/core";
 * import { rateLimit } from "@pingo/pingo/limits/http";
 *
 * const fetch = toFetch(compose([rateLimit({ rate: "2/m" })], () => reply(200)));
 * const get = () => fetch(new Request("http://localhost/"));
 * const [first, , third] = [await get(), await get(), await get()];
 * assertEquals(first.headers.get("ratelimit-policy"), '"default";q=2;w=60');
 * assertEquals(first.headers.get("ratelimit"), '"default";r=1;t=30');
 * assertEquals([third.status, third.headers.get("retry-after")], [429, "30"]);
 * ```
 */
export function rateLimit(options: RateLimitOptions): AnyMiddleware {
  const { key = clientKey(), cost = 1, onLimited, metrics } = options;
  const limiter = limiterOf(options);
  const costOf = costFunction(cost);
  const fields = fieldWriter(limiter, options);
  const count = metrics === undefined ? undefined : outcomeCounter(metrics);
  const take: (exchange: Exchange) => Decision | Promise<Decision> | null = "wait" in limiter
    ? (exchange) => limiter.take(costOf(exchange))
    : (exchange) => {
      const name = key(exchange);
      return name === null ? null : limiter.take(name, costOf(exchange));
    };

  function decided<State>(
    decision: Decision,
    exchange: Exchange<State>,
    next: Handler<State>,
  ): Reply | Response | Promise<Reply | Response> {
    count?.(decision);
    if (!decision.isAllowed) {
      const error = limited(decision, fields);
      if (onLimited === undefined) throw error;
      return refuse(exchange, error, ownAnswer(onLimited(exchange, decision), error));
    }
    if (fields === null) return next(exchange);
    let answer: Reply | Response | Promise<Reply | Response>;
    try {
      answer = next(exchange);
    } catch (error) {
      throw failure(error, decision, fields);
    }
    return answer instanceof Promise
      ? answer.then((late) => withFields(late, decision, fields), (error) => {
        throw failure(error, decision, fields);
      })
      : withFields(answer, decision, fields);
  }

  return (next) => (exchange) => {
    const decision = take(exchange);
    if (decision === null) return next(exchange);
    return decision instanceof Promise
      ? decision.then((late) => decided(late, exchange, next))
      : decided(decision, exchange, next);
  };
}

function limiterOf({ rate, limiter }: RateLimitOptions): AsyncLimiter | RateLimiter {
  if ((rate === undefined) === (limiter === undefined)) {
    throw new TypeError("Cannot limit the rate: write one of rate and limiter");
  }
  return limiter ?? new KeyedTokenBucket(rate ?? "");
}

function costFunction(
  cost: number | ((exchange: Exchange) => number),
): (exchange: Exchange) => number {
  if (typeof cost === "function") return cost;
  if (!(cost >= 0 && cost < Infinity)) {
    throw new RangeError(`Cannot limit the rate: cost ${cost} is not a finite number from 0 on`);
  }
  return () => cost;
}

function outcomeCounter(metrics: MetricSink): (decision: Decision) => void {
  const family = metrics.counter(
    "pingo_rate_limit_requests_total",
    "Requests that a rate limit has decided about.",
    { labels: ["limit", "outcome"] },
  );
  // A limiter has few rules, and each of them one object.
  const seriesOf = new Map<string, { readonly allowed: Counter; readonly limited: Counter }>();
  return ({ policy: { name }, isAllowed }) => {
    let series = seriesOf.get(name);
    if (series === undefined) {
      series = {
        allowed: family.labels({ limit: name, outcome: "allowed" }),
        limited: family.labels({ limit: name, outcome: "limited" }),
      };
      seriesOf.set(name, series);
    }
    (isAllowed ? series.allowed : series.limited).add();
  };
}
