import type { Counter, Gauge, Histogram, MetricSink } from "../../core/mod.ts";
import type { FailureReason } from "./_availability.ts";
import type { RedisFailureChoice } from "./redis_limiter_options.ts";

/** Who decided. */
export type Decider = "redis" | RedisFailureChoice;

/** The series of one limiter. */
export interface LimitMetrics {
  readonly decisions: Readonly<Record<Decider, Counter>>;
  readonly failures: Readonly<Record<FailureReason, Counter>>;
  readonly duration: Histogram;
  readonly up: Gauge;
}

export function limitMetrics(sink: MetricSink, limiter: string): LimitMetrics {
  const decisions = sink.counter(
    "pingo_limit_redis_decisions_total",
    "Takes from limits over Redis, by who decided.",
    { labels: ["limiter", "by"] },
  );
  const failures = sink.counter(
    "pingo_limit_redis_failures_total",
    "Takes and probes that Redis did not decide, by why.",
    { labels: ["limiter", "reason"] },
  );
  const only = { labels: ["limiter"] } as const;
  return {
    decisions: {
      redis: decisions.labels({ limiter, by: "redis" }),
      local: decisions.labels({ limiter, by: "local" }),
      open: decisions.labels({ limiter, by: "open" }),
      closed: decisions.labels({ limiter, by: "closed" }),
    },
    failures: {
      timeout: failures.labels({ limiter, reason: "timeout" }),
      disconnected: failures.labels({ limiter, reason: "disconnected" }),
      error: failures.labels({ limiter, reason: "error" }),
    },
    duration: sink.histogram(
      "pingo_limit_redis_duration_seconds",
      "Time of takes that Redis decided.",
      only,
    ).labels({ limiter }),
    up: sink.gauge(
      "pingo_limit_redis_up",
      "Whether takes are sent to Redis (1) or not (0).",
      only,
    ).labels({ limiter }),
  };
}
