import type { AttemptOutcome, Exchange, MetricSink, Peer, SelectOptions } from "../core/mod.ts";
import { ProxyError } from "../errors/mod.ts";
import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitPermit,
  type CircuitState,
} from "../timeout/mod.ts";
import type { Backend } from "./backend.ts";
import type { BackendSelection, BackendUpstream } from "./backend_selection.ts";
import { resultOf } from "./outcome.ts";

/** Options of {@linkcode HostBreakers}: those of a circuit breaker that an attempt has use for, and metrics. */
export interface HostBreakersOptions
  extends
    Pick<CircuitBreakerOptions, "trip" | "openMs" | "halfOpenProbes" | "probeTimeoutMs" | "clock"> {
  /**
   * The value of the label `balancer` in metrics.
   *
   * @default {""}
   */
  name?: string;
  /**
   * Gets `pingo_host_breaker_open` (balancer, backend; 1 while it is not closed) and
   * `pingo_host_breaker_changes_total` (balancer, backend, to).
   */
  metrics?: MetricSink;
}

/**
 * A circuit breaker for each backend: one that keeps failing is not chosen until its time is over, then by
 * counted probes. It is one of the balancer's vetoes and looks on at how attempts end; what counts as a
 * failure is what {@linkcode resultOf} says.
 *
 * Beside outlier ejection, which keeps at most a share of the backends out and lets one return by time
 * alone, a breaker may refuse all of them, and one request finds out whether the backend is well again.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { HostBreakers, LoadBalancer } from "@pingo/pingo/loadbalancing";
 * import { consecutiveFailures, systemClock } from "@pingo/pingo/timeout";
 *
 * const breakers = new HostBreakers({ trip: consecutiveFailures(1), openMs: 5_000 });
 * const balancer = new LoadBalancer({
 *   backends: ["10.0.0.1:80", "10.0.0.2:80"],
 *   isEligible: breakers.isEligible,
 * });
 * const upstream = breakers.guard(balancer); // The proxy's `upstream`.
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead(), { client, clock: systemClock });
 * upstream.select(exchange, { tried: [] }).settle?.({ status: 503, error: null, durationMs: 1 });
 * assertEquals(breakers.stateOf(balancer.backends.backends[0]), "open");
 * const { backend } = upstream.select(exchange, { tried: [] });
 * assertEquals(backend.id, "10.0.0.2:80");
 * ```
 */
export class HostBreakers {
  /** Whether the circuit of a backend lets an attempt through; the balancer's `isEligible`. Bound. */
  readonly isEligible: (backend: Backend) => boolean;
  readonly #options: CircuitBreakerOptions;
  readonly #breakers = new WeakMap<Backend, CircuitBreaker>();
  readonly #watch: (breaker: CircuitBreaker, backend: Backend) => void;

  /**
   * Breakers that are made as backends are chosen.
   *
   * @throws {RangeError} when a number is out of its range
   */
  constructor(options: HostBreakersOptions = {}) {
    const { name = "", metrics, ...breaker } = options;
    // Made for its checks: now, and not when the first backend is chosen.
    new CircuitBreaker(breaker);
    this.#options = breaker;
    this.#watch = metrics === undefined ? () => {} : watcher(metrics, name);
    this.isEligible = (backend) => this.#breakers.get(backend)?.isCallable ?? true;
  }

  /** Where the circuit of a backend stands. */
  stateOf(backend: Backend): CircuitState {
    return this.#breakers.get(backend)?.state ?? "closed";
  }

  /** The breaker of a backend, to isolate it or to listen to it. */
  breakerOf(backend: Backend): CircuitBreaker {
    let breaker = this.#breakers.get(backend);
    if (breaker === undefined) {
      breaker = new CircuitBreaker({ ...this.#options, name: backend.id });
      this.#breakers.set(backend, breaker);
      this.#watch(breaker, backend);
    }
    return breaker;
  }

  /**
   * Takes leave for each attempt that an upstream chooses, and settles it with the attempt. The balancer
   * behind it has {@linkcode HostBreakers.isEligible} as its own.
   */
  guard(upstream: BackendUpstream): BackendUpstream {
    return {
      select: (exchange: Exchange, options: SelectOptions): BackendSelection => {
        for (const refused = new Set<Backend>();;) {
          const selection = upstream.select(exchange, options);
          const permit = this.breakerOf(selection.backend).tryAcquire();
          if (permit !== null) return new GuardedSelection(selection, permit);
          // Its probes are overdue, which only this call could find out: now it is not eligible.
          selection.settle?.({ status: null, error: notSent(selection), durationMs: 0 });
          if (refused.has(selection.backend)) throw notSent(selection);
          refused.add(selection.backend);
        }
      },
    };
  }
}

/** Says nothing about the backend: it was not asked. */
function notSent({ backend }: BackendSelection): ProxyError {
  return new ProxyError("circuit_open", `Cannot choose ${backend.id}: its circuit is open`, {
    source: "internal",
  });
}

class GuardedSelection implements BackendSelection {
  readonly peer: Peer;
  readonly backend: Backend;
  readonly #selection: BackendSelection;
  readonly #permit: CircuitPermit;
  #isSettled = false;

  constructor(selection: BackendSelection, permit: CircuitPermit) {
    this.peer = selection.peer;
    this.backend = selection.backend;
    this.#selection = selection;
    this.#permit = permit;
  }

  settle(outcome: AttemptOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    try {
      this.#selection.settle?.(outcome);
    } finally {
      const result = resultOf(outcome);
      if (result === "succeeded") this.#permit.succeeded();
      else if (result === "failed") this.#permit.failed(outcome.error ?? undefined);
      else this.#permit.release();
    }
  }
}

function watcher(
  sink: MetricSink,
  balancer: string,
): (breaker: CircuitBreaker, backend: Backend) => void {
  const changes = sink.counter(
    "pingo_host_breaker_changes_total",
    "Changes of the circuit breakers of backends.",
    { labels: ["balancer", "backend", "to"] },
  );
  const open = sink.gauge(
    "pingo_host_breaker_open",
    "Whether the circuit breaker of a backend keeps attempts from it.",
    { labels: ["balancer", "backend"] },
  );
  return (breaker, { id: backend }) => {
    const isOpen = open.labels({ balancer, backend });
    isOpen.set(0);
    breaker.subscribe({
      changed({ to }) {
        changes.labels({ balancer, backend, to }).add();
        isOpen.set(to === "closed" ? 0 : 1);
      },
    });
  };
}
