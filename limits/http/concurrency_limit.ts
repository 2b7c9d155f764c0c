import type { AnyMiddleware, Exchange, MetricSink } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type ConcurrencyGate, ConcurrencyLimit, type KeyedConcurrencyGate } from "../mod.ts";
import { leaveAtEnd } from "./_leave_at_end.ts";
import { clientKey, type KeyOf } from "./keys.ts";
import { retryAfterSeconds } from "./rate_limit_fields.ts";

/** Options of {@linkcode concurrencyLimit}. */
export interface ConcurrencyLimitMiddlewareOptions {
  /** How many requests may be on their way: a number, or a gate for all together or for each key. */
  limit: number | ConcurrencyGate | KeyedConcurrencyGate;
  /**
   * Whom a request is counted for, with a keyed gate; null for nobody: it passes.
   *
   * @default {clientKey()}
   */
  key?: KeyOf;
  /**
   * How many requests may wait for a place, in order, where `limit` is a number or a
   * {@linkcode ConcurrencyLimit}.
   *
   * @default {0}
   */
  maxWaiting?: number;
  /**
   * When those that are turned away shall come again, in `Retry-After`.
   *
   * @default {1000}
   */
  retryAfterMs?: number;
  /**
   * The value of the label `limit` in metrics.
   *
   * @default {"default"}
   */
  name?: string;
  /**
   * Tells `pingo_concurrency_in_flight` and, of a limit for all together, `pingo_concurrency_limit`, and
   * counts `pingo_concurrency_rejected_total`, with the label `limit`.
   */
  metrics?: MetricSink;
}

/**
 * Turns requests away with 503 when too many are on their way. A place is taken until the exchange has
 * ended, to the last byte of its response.
 *
 * @throws {RangeError} when a number is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, reply, toFetch } from "@pingo/pingo/core";
 * import { ConcurrencyLimit } from "@pingo/pingo/limits";
 * import { concurrencyLimit } from "@pingo/pingo/limits/http";
 *
 * const limit = new ConcurrencyLimit(1);
 * const fetch = toFetch(compose([concurrencyLimit({ limit })], () => reply(200)));
 * {
 *   using _other = await limit.acquire();
 *   const response = await fetch(new Request("http://localhost/"));
 *   assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
 * }
 * assertEquals((await fetch(new Request("http://localhost/"))).status, 200);
 * ```
 */
export function concurrencyLimit(options: ConcurrencyLimitMiddlewareOptions): AnyMiddleware {
  const {
    limit,
    key = clientKey(),
    maxWaiting = 0,
    retryAfterMs = 1_000,
    name = "default",
    metrics,
  } = options;
  if (!Number.isInteger(maxWaiting) || maxWaiting < 0) {
    throw new RangeError(
      `Cannot limit concurrency: maxWaiting ${maxWaiting} is not a whole number from 0 on`,
    );
  }
  if (!(retryAfterMs >= 0 && retryAfterMs < Infinity)) {
    throw new RangeError(
      `Cannot limit concurrency: retryAfterMs ${retryAfterMs} is not a duration`,
    );
  }
  const gate = typeof limit === "number" ? new ConcurrencyLimit(limit, { maxWaiting }) : limit;
  const headers = [["Retry-After", String(retryAfterSeconds(retryAfterMs))]] as const;
  const labels = { labels: ["limit"] } as const;
  const inFlight = metrics?.gauge(
    "pingo_concurrency_in_flight",
    "Requests that hold a place of a concurrency limit.",
    labels,
  ).labels({ limit: name });
  const limitGauge = metrics?.gauge(
    "pingo_concurrency_limit",
    "How many requests may hold a place; of an adaptive limit, when the last one came in.",
    labels,
  ).labels({ limit: name });
  const rejected = metrics?.counter(
    "pingo_concurrency_rejected_total",
    "Requests that found no place.",
    labels,
  ).labels({ limit: name });

  function refuse(cause?: unknown): never {
    rejected?.add();
    throw new ProxyError("overloaded", `Cannot pass on the request: "${name}" has no place left`, {
      headers,
      cause,
    });
  }

  async function waitForPlace(gate: ConcurrencyLimit, exchange: Exchange): Promise<void> {
    if (gate.waiting >= maxWaiting) refuse();
    const permit = await gate.acquire({ signal: exchange.signal }).catch((error) => {
      // Fewer may wait at the gate itself.
      if (error instanceof ProxyError && error.kind === "overloaded") refuse(error);
      throw error;
    });
    inFlight?.add(1);
    exchange.onEnd(() => {
      inFlight?.add(-1);
      permit[Symbol.dispose]();
    });
  }

  if (isKeyed(gate)) {
    return (next) => (exchange) => {
      const name = key(exchange);
      if (name === null) return next(exchange);
      if (!gate.tryEnter(name)) refuse();
      inFlight?.add(1);
      exchange.onEnd(() => {
        inFlight?.add(-1);
        gate.leave(name);
      });
      return next(exchange);
    };
  }
  limitGauge?.set(gate.limit);
  return (next) => (exchange) => {
    if (gate.tryEnter()) {
      leaveAtEnd(gate, exchange, inFlight);
      limitGauge?.set(gate.limit);
      return next(exchange);
    }
    // Only this one has a line to wait in.
    if (maxWaiting === 0 || !(gate instanceof ConcurrencyLimit)) refuse();
    return waitForPlace(gate, exchange).then(() => next(exchange));
  };
}

function isKeyed(gate: ConcurrencyGate | KeyedConcurrencyGate): gate is KeyedConcurrencyGate {
  return typeof gate.inFlight === "function";
}
