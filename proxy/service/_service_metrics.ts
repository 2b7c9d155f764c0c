import type { Counter, Http1Transport, Listener, MetricSink, Transport } from "../../core/mod.ts";
import type { RetryBudget } from "../../timeout/mod.ts";
import type { HedgeStatistics } from "../mod.ts";

/** What {@linkcode serviceMetrics} looks at. */
export interface ServiceMetricsOptions {
  readonly service: string;
  /** Where it listens now. */
  readonly listeners: () => readonly Listener[];
  readonly transport: Transport;
  readonly budget: RetryBudget | null;
  /** What came of hedging; null where it is off. */
  readonly hedges: () => HedgeStatistics | null;
}

/**
 * Tells of what others count, when somebody reads the metrics: connections that were refused, connections to
 * upstreams, the retry budget.
 *
 * @returns a function that looks a last time and ends it
 */
export function serviceMetrics(
  sink: MetricSink,
  { service, listeners, transport, budget, hedges }: ServiceMetricsOptions,
): () => void {
  const parts = [
    listenerMetrics(sink, service, listeners),
    ...(hasStatistics(transport) ? [poolMetrics(sink, service, transport)] : []),
    ...(budget === null ? [] : [budgetMetrics(sink, service, budget)]),
    ...(hedges() === null ? [] : [hedgeMetrics(sink, service, hedges)]),
  ];
  const collect = (): void => parts.forEach((each) => each());
  const forget = sink.onCollect(collect);
  return () => {
    forget();
    collect();
  };
}

function listenerMetrics(
  sink: MetricSink,
  service: string,
  listeners: () => readonly Listener[],
): () => void {
  const refused = sink.counter(
    "pingo_listener_refused_total",
    "Connections of clients that were closed without being served.",
    { labels: ["service", "reason"] },
  );
  const tooMany = follower(refused.labels({ service, reason: "too_many" }));
  const proxyHeader = follower(refused.labels({ service, reason: "proxy_header" }));
  return () => {
    const refusals = listeners().map((listener) => listener.refusals);
    tooMany(refusals.reduce((sum, each) => sum + each.tooMany, 0));
    proxyHeader(refusals.reduce((sum, each) => sum + each.proxyHeader, 0));
  };
}

function hasStatistics(transport: Transport): transport is Http1Transport {
  return "statistics" in transport;
}

function poolMetrics(sink: MetricSink, service: string, transport: Http1Transport): () => void {
  const connections = sink.gauge(
    "pingo_upstream_connections",
    "Connections to upstreams, by what they do.",
    { labels: ["service", "state"] },
  );
  const busy = connections.labels({ service, state: "busy" });
  const idle = connections.labels({ service, state: "idle" });
  const waiting = sink.gauge(
    "pingo_upstream_pool_waiting",
    "Requests that wait for a connection to an upstream.",
    { labels: ["service"] },
  ).labels({ service });
  const taken = sink.counter(
    "pingo_upstream_connections_total",
    "Connections to upstreams that were opened, used again, or lost while idle.",
    { labels: ["service", "event"] },
  );
  const [fresh, reused, dead, dirty] = (["opened", "reused", "closed_idle", "dirty"] as const).map(
    (event) => follower(taken.labels({ service, event })),
  );
  return () => {
    const now = transport.statistics();
    busy.set(now.open - now.idle);
    idle.set(now.idle);
    waiting.set(now.waiting);
    fresh(now.fresh);
    reused(now.reused);
    dead(now.dead);
    dirty(now.dirty);
  };
}

function budgetMetrics(sink: MetricSink, service: string, budget: RetryBudget): () => void {
  const labels = ["service"] as const;
  const balance = sink.gauge(
    "pingo_retry_budget_balance",
    "Retries that the budget would allow now.",
    { labels },
  ).labels({ service });
  const refused = follower(
    sink.counter("pingo_retry_budget_refused_total", "Retries that the budget has refused.", {
      labels,
    }).labels({ service }),
  );
  return () => {
    balance.set(budget.balance);
    refused(budget.refused);
  };
}

function hedgeMetrics(
  sink: MetricSink,
  service: string,
  hedges: () => HedgeStatistics | null,
): () => void {
  const counted = sink.counter(
    "pingo_upstream_hedges_total",
    "Second attempts while a first one was slow, and those that answered first.",
    { labels: ["service", "event"] },
  );
  const sent = follower(counted.labels({ service, event: "sent" }));
  const won = follower(counted.labels({ service, event: "won" }));
  return () => {
    const now = hedges();
    sent(now?.sent ?? 0);
    won(now?.won ?? 0);
  };
}

/** Makes a counter follow a number that somebody else counts. */
function follower(counter: Counter): (count: number) => void {
  let last = 0;
  return (count) => {
    if (count > last) counter.add(count - last);
    last = count;
  };
}
