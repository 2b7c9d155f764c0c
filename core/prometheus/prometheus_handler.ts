import { accepts } from "@std/http/negotiation";
import { type Exchange, type Handler, type MetricSource, reply } from "../mod.ts";
import type { PromClientRegistry } from "./prom_client_registry.ts";
import { prometheusText } from "./prometheus_text.ts";

/** Options of {@linkcode prometheusHandler}. */
export interface PrometheusHandlerOptions {
  /**
   * Registries of prom-client whose metrics appear too.
   *
   * @default {[]}
   */
  registries?: readonly PromClientRegistry[];
}

const TEXT = "text/plain;version=0.0.4";
const OPEN_METRICS = "application/openmetrics-text;version=1.0.0";

/**
 * Answers a scrape: in OpenMetrics where Accept prefers it, as Prometheus does, else in the text format.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MetricRegistry, toFetch } from "@pingo/pingo/core";
 * import { prometheusHandler } from "@pingo/pingo/core/prometheus";
 *
 * const fetch = toFetch(prometheusHandler(new MetricRegistry()));
 * const response = await fetch(new Request("http://localhost/metrics"));
 * assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
 * ```
 */
export function prometheusHandler(
  source: MetricSource,
  options: PrometheusHandlerOptions = {},
): Handler {
  const { registries } = options;
  return async (exchange) => {
    const isOpenMetrics = prefersOpenMetrics(exchange);
    const { contentType, text } = await prometheusText(source, { registries, isOpenMetrics });
    return reply(200, text, {
      headers: { "content-type": contentType, "cache-control": "no-store", "vary": "Accept" },
    });
  };
}

function prefersOpenMetrics(exchange: Exchange): boolean {
  const accept = exchange.request.headers.get("accept");
  if (accept === null) return false;
  // Prometheus 3 says how names may be escaped; ours need none, so that any way is right.
  const plain = accept.replace(/;\s*escaping=[^;,]*/g, "");
  // Listed first is taken where both are as welcome, as with "*/*".
  return accepts({ headers: new Headers({ accept: plain }) }, TEXT, OPEN_METRICS) === OPEN_METRICS;
}
