import { makeObserver } from "./_make_observer.ts";
import type { ExchangeObserver } from "./exchange_observer.ts";
import { type Counter, DURATION_BUCKETS, type Histogram, type MetricSink } from "./metric_sink.ts";

/** Options of {@linkcode httpMetrics}. */
export interface HttpMetricsOptions {
  /**
   * The value of the label `service`, where several services share a registry. Prometheus takes an
   * empty label for none.
   *
   * @default {""}
   */
  service?: string;
  /**
   * The upper bounds of the duration's buckets, in seconds.
   *
   * @default {DURATION_BUCKETS}
   */
  durationBuckets?: readonly number[];
}

/** The methods that are told by name; a client may invent others without end. */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "CONNECT",
  "TRACE",
]);

/** The series of one method; those of a status are looked up once. */
interface MethodSeries {
  /** By status. */
  readonly requests: (Counter | undefined)[];
  /** By the first digit of the status. */
  readonly durations: (Histogram | undefined)[];
}

/**
 * Counts the exchanges of a service. Every label has a bounded set of values.
 *
 * | Metric | Labels besides `service` |
 * | --- | --- |
 * | `pingo_http_requests_total` | `method` (unknown ones: `other`), `status` (499: the client left) |
 * | `pingo_http_request_duration_seconds` | `method`, `status_class` (`2xx`) |
 * | `pingo_http_requests_in_flight` | |
 * | `pingo_http_sent_bytes_total`, `pingo_http_received_bytes_total` (content) | |
 * | `pingo_http_errors_total` | `kind`, of the table of error kinds |
 * | `pingo_upstream_attempts_total`, `pingo_upstream_retries_total` (all but the first) | |
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, httpMetrics, MetricRegistry, reply, toFetch } from "@pingo/pingo/core";
 *
 * const registry = new MetricRegistry();
 * const fetch = toFetch(compose([httpMetrics(registry)], () => reply(200, "hello")));
 * await (await fetch(new Request("http://localhost/"))).text();
 * const requests = registry.snapshot().find((metric) => metric.name === "pingo_http_requests_total");
 * assertEquals(requests?.series[0].labels, { service: "", method: "GET", status: "200" });
 * ```
 */
export function httpMetrics(sink: MetricSink, options: HttpMetricsOptions = {}): ExchangeObserver {
  const { service = "", durationBuckets = DURATION_BUCKETS } = options;
  const requests = sink.counter("pingo_http_requests_total", "Requests that have ended.", {
    labels: ["service", "method", "status"],
  });
  const durations = sink.histogram(
    "pingo_http_request_duration_seconds",
    "Time from the head of a request to the end of its response.",
    { labels: ["service", "method", "status_class"], buckets: durationBuckets },
  );
  const errors = sink.counter(
    "pingo_http_errors_total",
    "Requests that failed, by kind of error.",
    {
      labels: ["service", "kind"],
    },
  );
  const only = { labels: ["service"] } as const;
  const inFlight = sink.gauge(
    "pingo_http_requests_in_flight",
    "Requests that have begun and not ended.",
    only,
  ).labels({ service });
  const sent = sink.counter(
    "pingo_http_sent_bytes_total",
    "Bytes of content sent to clients, where the engine knows them.",
    only,
  ).labels({ service });
  const received = sink.counter(
    "pingo_http_received_bytes_total",
    "Bytes of content read from clients.",
    only,
  ).labels({ service });
  const attempts = sink.counter(
    "pingo_upstream_attempts_total",
    "Attempts at an upstream, retries included.",
    only,
  ).labels({ service });

  const retries = sink.counter(
    "pingo_upstream_retries_total",
    "Attempts at an upstream beyond the first one of a request, hedged ones too.",
    only,
  ).labels({ service });

  const seriesOf = new Map<string, MethodSeries>();

  return makeObserver((exchange) => {
    const method = METHODS.has(exchange.request.method) ? exchange.request.method : "other";
    inFlight.add(1);
    exchange.onEnd((end) => {
      inFlight.add(-1);
      const { status, error } = end;
      let series = seriesOf.get(method);
      if (series === undefined) seriesOf.set(method, series = { requests: [], durations: [] });
      (series.requests[status] ??= requests.labels({ service, method, status: String(status) }))
        .add();
      const digit = Math.trunc(status / 100);
      (series.durations[digit] ??= durations.labels({
        service,
        method,
        status_class: `${digit}xx`,
      })).observe(end.durationMs / 1000);
      if (end.sentBytes > 0) sent.add(end.sentBytes);
      if (end.receivedBytes > 0) received.add(end.receivedBytes);
      const made = exchange.timings.attempts;
      if (made > 0) attempts.add(made);
      if (made > 1) retries.add(made - 1);
      if (error !== null) errors.labels({ service, kind: error.label }).add();
    });
  });
}
