import { AggregatorRegistry, openMetricsContentType, prometheusContentType } from "prom-client";
import type { MetricSnapshot, MetricSource } from "../mod.ts";
import type {
  PromClientMetric,
  PromClientRegistry,
  PromClientValue,
} from "./prom_client_registry.ts";

/** Options of {@linkcode prometheusText}. */
export interface PrometheusTextOptions {
  /**
   * Registries of prom-client whose metrics appear too, such as the one that
   * `collectDefaultMetrics` fills. Where a name stands twice, the first one holds.
   *
   * @default {[]}
   */
  registries?: readonly PromClientRegistry[];
  /**
   * OpenMetrics 1.0 in place of the Prometheus text format 0.0.4.
   *
   * @default {false}
   */
  isOpenMetrics?: boolean;
}

/** Metrics as text. */
export interface PrometheusText {
  /** The value for `Content-Type`. */
  readonly contentType: string;
  /** The text. */
  readonly text: string;
}

/**
 * Metrics in the text format that Prometheus scrapes, written by prom-client.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MetricRegistry } from "@pingo/pingo/core";
 * import { prometheusText } from "@pingo/pingo/core/prometheus";
 *
 * const registry = new MetricRegistry();
 * registry.counter("jobs_total", "Jobs done.", { labels: ["queue"] }).labels({ queue: "mail" }).add(3);
 * const { text } = await prometheusText(registry);
 * assertEquals(text, '# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total{queue="mail"} 3\n');
 * ```
 */
export async function prometheusText(
  source: MetricSource,
  options: PrometheusTextOptions = {},
): Promise<PrometheusText> {
  const { registries = [], isOpenMetrics = false } = options;
  const groups = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  const metrics = [...source.snapshot().map(toPromClient), ...groups.flat()].map((metric) => ({
    ...metric,
    // OpenMetrics names the metric without the suffix of its sample; prom-client appends it to each.
    name: isOpenMetrics && metric.type === "counter"
      ? metric.name.replace(/_total$/, "")
      : metric.name,
    // Nothing is left out or averaged, as the metrics of a cluster would be.
    aggregator: "first",
  }));
  const registry = AggregatorRegistry.aggregate([metrics]);
  const contentType = isOpenMetrics ? openMetricsContentType : prometheusContentType;
  registry.setContentType(contentType);
  return { contentType, text: await registry.metrics() };
}

function toPromClient(metric: MetricSnapshot): PromClientMetric {
  const { name, help, kind: type } = metric;
  if (metric.kind !== "histogram") {
    const values = metric.series.map(({ labels, value }) => ({ labels: present(labels), value }));
    return { name, help, type, values };
  }
  const values: PromClientValue[] = [];
  for (const { labels, cumulative, sum, count } of metric.series) {
    const own = present(labels);
    const bucket = (le: string, value: number): void => {
      values.push({ metricName: `${name}_bucket`, labels: { le, ...own }, value });
    };
    metric.bounds.forEach((bound, i) => bucket(String(bound), cumulative[i]));
    bucket("+Inf", count);
    values.push({ metricName: `${name}_sum`, labels: own, value: sum });
    values.push({ metricName: `${name}_count`, labels: own, value: count });
  }
  return { name, help, type, values };
}

/** An empty label is the same as none to Prometheus. */
function present(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}
