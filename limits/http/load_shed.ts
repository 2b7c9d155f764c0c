import type { AnyMiddleware, Exchange, MetricSink } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type ConcurrencyGate, ConcurrencyLimit } from "../mod.ts";
import { leaveAtEnd } from "./_leave_at_end.ts";
import { retryAfterSeconds } from "./rate_limit_fields.ts";

/** Options of {@linkcode loadShed}: at least one of `limit` and `lag`, and the rest. */
export interface LoadShedOptions {
  /** How many requests may be on their way: a number, or a gate such as an adaptive one. */
  limit?: number | ConcurrencyGate;
  /** Tells how late the process is, such as an {@linkcode EventLoopLag}. */
  lag?: { readonly lagMs: number };
  /**
   * The lag at which the process has all that it can do; above 0.
   *
   * @default {100}
   */
  maxLagMs?: number;
  /**
   * Up to which load a request is let in, where 1 is all: 0.8 for what can wait, 1 for the usual, Infinity
   * for what is never turned away, such as the probes of an orchestrator.
   *
   * @default {() => 1}
   */
  priority?: (exchange: Exchange) => number;
  /**
   * When those that are turned away shall come again, in `Retry-After`.
   *
   * @default {1000}
   */
  retryAfterMs?: number;
  /** Counts `pingo_load_shed_total`, with the label `reason` (`in_flight`, `lag`). */
  metrics?: MetricSink;
}

/**
 * Turns requests away with 503, before any work is done for them, when the process has more to do than it
 * can: what is let in is served in time. Those of low priority go first.
 *
 * @throws {TypeError} when there is neither `limit` nor `lag`
 * @throws {RangeError} when a number is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, reply, toFetch } from "@pingo/pingo/core";
 * import { loadShed } from "@pingo/pingo/limits/http";
 *
 * const lag = { lagMs: 90 };
 * const shed = loadShed({
 *   lag,
 *   maxLagMs: 100,
 *   priority: ({ path }) => path === "/report" ? 0.5 : 1,
 * });
 * const fetch = toFetch(compose([shed], () => reply(200)));
 * assertEquals((await fetch(new Request("http://localhost/"))).status, 200);
 * assertEquals((await fetch(new Request("http://localhost/report"))).status, 503);
 * ```
 */
export function loadShed(options: LoadShedOptions): AnyMiddleware {
  const { limit, lag, maxLagMs = 100, priority = usual, retryAfterMs = 1_000, metrics } = options;
  if (limit === undefined && lag === undefined) {
    throw new TypeError("Cannot shed load: write limit, lag or both");
  }
  if (!(maxLagMs > 0 && maxLagMs < Infinity)) {
    throw new RangeError(`Cannot shed load: maxLagMs ${maxLagMs} is not a finite number above 0`);
  }
  if (!(retryAfterMs >= 0 && retryAfterMs < Infinity)) {
    throw new RangeError(`Cannot shed load: retryAfterMs ${retryAfterMs} is not a duration`);
  }
  const gate = typeof limit === "number" ? new ConcurrencyLimit(limit) : limit;
  const headers = [["Retry-After", String(retryAfterSeconds(retryAfterMs))]] as const;
  const shed = metrics?.counter("pingo_load_shed_total", "Requests that were turned away.", {
    labels: ["reason"],
  });
  const [byInFlight, byLag] = (["in_flight", "lag"] as const).map((reason) =>
    shed?.labels({ reason })
  );

  function refuse(reason: string): never {
    throw new ProxyError("overloaded", `Cannot pass on the request: ${reason}`, { headers });
  }

  return (next) => (exchange) => {
    const share = priority(exchange);
    if (lag !== undefined && lag.lagMs >= maxLagMs * share) {
      byLag?.add();
      refuse("the process is late");
    }
    if (gate === undefined) return next(exchange);
    // The next one would be the first above its share.
    if (gate.inFlight + 1 <= gate.limit * share && gate.tryEnter()) {
      leaveAtEnd(gate, exchange);
    } else if (share !== Infinity) {
      byInFlight?.add();
      refuse("too many requests are on their way");
    }
    return next(exchange);
  };
}

function usual(): number {
  return 1;
}
