/**
 * What a running program tells: logger, access log, request ids, metrics, probes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { accessLog, compose, httpMetrics, MetricRegistry, reply, requestId, toFetch } from "@pingo/pingo/core";
 *
 * const lines: string[] = [];
 * const registry = new MetricRegistry();
 * const handler = compose([
 *   accessLog({ write: (line) => void lines.push(line) }, { format: "json" }),
 *   httpMetrics(registry),
 *   requestId({ makeId: () => "42" }),
 * ], () => reply(200, "hello"));
 * await (await toFetch(handler)(new Request("http://localhost/"))).text();
 * assertEquals(JSON.parse(lines[0]).id, "42");
 * ```
 *
 * @module
 */
export type { LogFields, Logger, LogLevel } from "./logger.ts";
export { createLogger, type CreateLoggerOptions } from "./create_logger.ts";
export { type StdLog, stdLogLogger, type StdLogLoggerOptions } from "./std_log_logger.ts";
export type { ByteSink, LineSink } from "./line_sink.ts";
export { LineWriter, type LineWriterOptions } from "./line_writer.ts";
export type { AnyMiddleware, ExchangeObserver } from "./exchange_observer.ts";
export { accessLog, type AccessLogFormat, type AccessLogOptions } from "./access_log.ts";
export type { AccessLogEntry } from "./access_log_entry.ts";
export { combinedFormat } from "./combined_format.ts";
export { jsonFormat } from "./json_format.ts";
export { requestId, type RequestIdOptions } from "./request_id.ts";
export {
  type Counter,
  DURATION_BUCKETS,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type MetricFamily,
  type MetricOptions,
  type MetricSink,
} from "./metric_sink.ts";
export type {
  HistogramSeries,
  HistogramSnapshot,
  MetricSnapshot,
  MetricSource,
  NumberSeries,
  NumberSnapshot,
} from "./metric_snapshot.ts";
export { MetricRegistry, type MetricRegistryOptions } from "./metric_registry.ts";
export { httpMetrics, type HttpMetricsOptions } from "./http_metrics.ts";
export { healthz, type IsReady, readyz } from "./health.ts";
