import type { Counter, Gauge, MetricSink } from "../core/mod.ts";
import type { Backend, BackendResult } from "./backend.ts";
import type { LoadBalancer } from "./load_balancer.ts";
import { resultOf } from "./outcome.ts";

/** Options of {@linkcode balancerMetrics}. */
export interface BalancerMetricsOptions {
  /**
   * The value of the label `balancer`, where several balancers share a registry.
   *
   * @default {""}
   */
  name?: string;
}

/** The series of one backend. */
interface BackendSeries {
  readonly selections: Counter;
  readonly outcomes: Readonly<Record<BackendResult, Counter>>;
  readonly leases: Gauge;
  readonly isAvailable: Gauge;
  readonly weight: Gauge;
  /** Made where there is a limit. */
  readonly maxConnections: () => Gauge;
  hasLimit: boolean;
}

/**
 * Counts what a balancer does, by the labels `balancer` and `backend` (its id).
 *
 * | Metric | |
 * | --- | --- |
 * | `pingo_balancer_selections_total` | attempts that began |
 * | `pingo_balancer_outcomes_total` | attempts that ended, by `result`: `succeeded`, `failed`, `aborted` |
 * | `pingo_balancer_leases` | attempts under way |
 * | `pingo_balancer_backend_available` | 1 when the backend can be chosen |
 * | `pingo_balancer_backend_weight` | its weight; 0 once it was removed |
 * | `pingo_balancer_backend_max_connections` | how many attempts may be under way; only where there is a limit |
 *
 * @returns a function that ends it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MetricRegistry, requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { balancerMetrics, LoadBalancer } from "@pingo/pingo/loadbalancing";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const registry = new MetricRegistry();
 * const balancer = new LoadBalancer({ backends: ["10.0.0.1:80"] });
 * balancerMetrics(balancer, registry, { name: "api" });
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * balancer.select(new ServerExchange(requestHead(), { client, clock: systemClock }), { tried: [] });
 * const leases = registry.snapshot().find(({ name }) => name === "pingo_balancer_leases");
 * assertEquals(leases?.series, [{ labels: { balancer: "api", backend: "10.0.0.1:80" }, value: 1 }]);
 * ```
 */
export function balancerMetrics(
  balancer: LoadBalancer,
  sink: MetricSink,
  options: BalancerMetricsOptions = {},
): () => void {
  const { name = "" } = options;
  const seriesFor = makeSeries(sink, name);
  const seriesOf = new Map<Backend, BackendSeries>();

  function of(backend: Backend): BackendSeries {
    let series = seriesOf.get(backend);
    if (series === undefined) seriesOf.set(backend, series = seriesFor(backend.id));
    return series;
  }

  function show(backend: Backend): void {
    const series = of(backend);
    series.isAvailable.set(backend.isAvailable ? 1 : 0);
    series.weight.set(backend.weight);
    series.leases.set(backend.leases);
    series.hasLimit ||= backend.maxConnections !== Infinity;
    if (series.hasLimit) series.maxConnections().set(backend.maxConnections);
  }

  function remove(backend: Backend): void {
    const { isAvailable, weight } = of(backend);
    isAvailable.set(0);
    weight.set(0);
    if (backend.leases === 0) seriesOf.delete(backend);
  }

  const ends = [
    balancer.backends.onChange((event) => {
      if (event.kind === "backend") show(event.backend);
      else {
        event.removed.forEach(remove);
        event.added.forEach(show);
        event.changed.forEach(show);
      }
    }),
    balancer.onSelect((backend) => {
      const { selections, leases } = of(backend);
      selections.add();
      leases.set(backend.leases);
    }),
    balancer.onOutcome((backend, outcome) => {
      const { outcomes, leases } = of(backend);
      outcomes[resultOf(outcome)].add();
      // Set, not added to: leases may have begun before the metrics did.
      leases.set(backend.leases);
      const isGone = balancer.backends.get(backend.id) !== backend;
      if (isGone && backend.leases === 0) seriesOf.delete(backend);
    }),
  ];
  balancer.backends.backends.forEach(show);
  return () => ends.forEach((end) => end());
}

/** Registers the metrics; the result gives the series of a backend's id. */
function makeSeries(sink: MetricSink, balancer: string): (backend: string) => BackendSeries {
  const labels = ["balancer", "backend"] as const;
  const selections = sink.counter(
    "pingo_balancer_selections_total",
    "Attempts that a backend was chosen for.",
    { labels },
  );
  const outcomes = sink.counter(
    "pingo_balancer_outcomes_total",
    "Attempts at a backend that have ended.",
    { labels: [...labels, "result"] },
  );
  const leases = sink.gauge(
    "pingo_balancer_leases",
    "Attempts at a backend that are under way.",
    { labels },
  );
  const isAvailable = sink.gauge(
    "pingo_balancer_backend_available",
    "Whether a backend can be chosen.",
    { labels },
  );
  const weight = sink.gauge("pingo_balancer_backend_weight", "The weight of a backend.", {
    labels,
  });
  const maxConnections = sink.gauge(
    "pingo_balancer_backend_max_connections",
    "How many attempts at a backend may be under way, where there is a limit.",
    { labels },
  );
  return (backend) => {
    const values = { balancer, backend };
    return {
      selections: selections.labels(values),
      outcomes: {
        succeeded: outcomes.labels({ ...values, result: "succeeded" }),
        failed: outcomes.labels({ ...values, result: "failed" }),
        aborted: outcomes.labels({ ...values, result: "aborted" }),
      },
      leases: leases.labels(values),
      isAvailable: isAvailable.labels(values),
      weight: weight.labels(values),
      maxConnections: () => maxConnections.labels(values),
      hasLimit: false,
    };
  };
}
