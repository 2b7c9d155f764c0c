/**
 * Metrics for Prometheus, by prom-client, and the admin handler that serves them. An export of its own,
 * so that `core` pulls no npm package for it.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { httpMetrics, MetricRegistry, reply, toFetch } from "@pingo/pingo/core";
 * import { adminHandler } from "@pingo/pingo/core/prometheus";
 *
 * const registry = new MetricRegistry();
 * const proxy = toFetch(httpMetrics(registry)(() => reply(200, "hello")));
 * const admin = toFetch(adminHandler({ registry }));
 *
 * await (await proxy(new Request("http://localhost/"))).text();
 * const metrics = await (await admin(new Request("http://localhost/metrics"))).text();
 * assertStringIncludes(metrics, 'pingo_http_requests_total{method="GET",status="200"} 1');
 * ```
 *
 * @module
 */
export { adminHandler, type AdminHandlerOptions } from "./admin_handler.ts";
export { prometheusHandler, type PrometheusHandlerOptions } from "./prometheus_handler.ts";
export {
  type PrometheusText,
  prometheusText,
  type PrometheusTextOptions,
} from "./prometheus_text.ts";
export type {
  PromClientMetric,
  PromClientRegistry,
  PromClientValue,
} from "./prom_client_registry.ts";
