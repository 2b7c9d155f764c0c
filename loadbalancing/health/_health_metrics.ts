import type { Counter, Gauge, MetricSink } from "../../core/mod.ts";

/** The series of one checker; looked up once. */
export interface HealthMetrics {
  readonly passed: Counter;
  readonly failed: Counter;
  readonly toHealthy: Counter;
  readonly toUnhealthy: Counter;
  readonly healthy: Gauge;
  readonly unhealthy: Gauge;
}

/** Registers the metrics of active health checks. */
export function healthMetrics(sink: MetricSink, set: string): HealthMetrics {
  const checks = sink.counter("pingo_health_checks_total", "Health checks that have ended.", {
    labels: ["set", "result"],
  });
  const changes = sink.counter(
    "pingo_health_changes_total",
    "Backends that became healthy or unhealthy.",
    { labels: ["set", "to"] },
  );
  const backends = sink.gauge("pingo_health_backends", "Backends, by what checks say of them.", {
    labels: ["set", "state"],
  });
  return {
    passed: checks.labels({ set, result: "passed" }),
    failed: checks.labels({ set, result: "failed" }),
    toHealthy: changes.labels({ set, to: "healthy" }),
    toUnhealthy: changes.labels({ set, to: "unhealthy" }),
    healthy: backends.labels({ set, state: "healthy" }),
    unhealthy: backends.labels({ set, state: "unhealthy" }),
  };
}
