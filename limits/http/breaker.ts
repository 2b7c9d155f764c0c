import type { AnyMiddleware, Exchange, ExchangeEnd, MetricSink } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type CircuitBreaker, type CircuitPermit, isServerFault } from "../../timeout/mod.ts";
import { type OwnAnswer, refuse } from "./_refuse.ts";

/** Options of {@linkcode breaker}. */
export interface BreakerOptions {
  /** The breaker; as a function, the one that the request belongs to, or null for none. */
  breaker: CircuitBreaker | ((exchange: Exchange) => CircuitBreaker | null);
  /**
   * Which ends count as failures. What ended with an error that says nothing about the server (the client
   * left, a limit turned it away) is never asked for.
   *
   * @default {({ error, status }) => error !== null || status >= 500}
   */
  isFailure?: (end: ExchangeEnd) => boolean;
  /**
   * An own answer while the circuit is open, or only a look. Without one, and when it gives undefined, it
   * is the error page with status 503 and `Retry-After`.
   */
  onOpen?: (exchange: Exchange, error: ProxyError) => OwnAnswer | Promise<OwnAnswer>;
  /**
   * The value of the label `breaker` in metrics.
   *
   * @default {"default"}
   */
  name?: string;
  /**
   * Counts `pingo_breaker_calls_total`, with the labels `breaker` and `outcome` (`succeeded`, `failed`,
   * `ignored`, `rejected`); of a breaker that is given as such also `pingo_breaker_open` (label `breaker`)
   * and `pingo_breaker_changes_total` (`breaker` and `to`, a state).
   */
  metrics?: MetricSink;
}

/**
 * Answers with 503 at once while a circuit is open. How the exchange ends tells the breaker: once, at its
 * very end, so that a response that breaks off counts too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, reply, toFetch } from "@pingo/pingo/core";
 * import { breaker } from "@pingo/pingo/limits/http";
 * import { CircuitBreaker, consecutiveFailures } from "@pingo/pingo/timeout";
 *
 * const circuit = new CircuitBreaker({ trip: consecutiveFailures(2), openMs: 5_000 });
 * const fetch = toFetch(compose([breaker({ breaker: circuit })], () => reply(500)));
 * const get = async () => {
 *   const response = await fetch(new Request("http://localhost/"));
 *   await response.body?.cancel();
 *   return response;
 * };
 * assertEquals([(await get()).status, (await get()).status], [500, 500]);
 * const refused = await get();
 * assertEquals([refused.status, refused.headers.get("retry-after")], [503, "5"]);
 * ```
 */
export function breaker(options: BreakerOptions): AnyMiddleware {
  const {
    breaker,
    isFailure = ({ error, status }) => error !== null || status >= 500,
    onOpen,
    name = "default",
    metrics,
  } = options;
  const breakerOf = typeof breaker === "function" ? breaker : () => breaker;
  const calls = metrics?.counter(
    "pingo_breaker_calls_total",
    "Requests at a circuit breaker, by how they ended.",
    { labels: ["breaker", "outcome"] },
  );
  const [succeeded, failed, ignored, rejected] = (
    ["succeeded", "failed", "ignored", "rejected"] as const
  ).map((outcome) => calls?.labels({ breaker: name, outcome }));

  if (metrics !== undefined && typeof breaker !== "function") watch(breaker, metrics, name);

  return (next) => (exchange) => {
    const circuit = breakerOf(exchange);
    if (circuit === null) return next(exchange);
    let permit: CircuitPermit;
    try {
      permit = circuit.acquire();
    } catch (thrown) {
      rejected?.add();
      const error = ProxyError.from(thrown);
      return refuse(exchange, error, onOpen?.(exchange, error));
    }
    exchange.onEnd((end) => {
      try {
        if (end.error !== null && !isServerFault(end.error)) {
          ignored?.add();
        } else if (isFailure(end)) {
          failed?.add();
          permit.failed(end.error ?? undefined);
        } else {
          succeeded?.add();
          permit.succeeded();
        }
      } finally {
        // Of what says nothing, and where `isFailure` throws; harmless once it is settled.
        permit.release();
      }
    });
    return next(exchange);
  };
}

function watch(circuit: CircuitBreaker, metrics: MetricSink, breaker: string): void {
  const open = metrics.gauge("pingo_breaker_open", "Whether a circuit breaker refuses requests.", {
    labels: ["breaker"],
  }).labels({ breaker });
  const changes = metrics.counter(
    "pingo_breaker_changes_total",
    "Changes of a circuit breaker.",
    { labels: ["breaker", "to"] },
  );
  open.set(circuit.state === "closed" ? 0 : 1);
  circuit.subscribe({
    changed({ to }) {
      changes.labels({ breaker, to }).add();
      open.set(to === "closed" ? 0 : 1);
    },
  });
}
