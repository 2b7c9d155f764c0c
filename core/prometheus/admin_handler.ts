import { type Handler, healthz, type IsReady, type MetricSource, readyz, reply } from "../mod.ts";
import { prometheusHandler } from "./prometheus_handler.ts";
import type { PromClientRegistry } from "./prom_client_registry.ts";

/** Options of {@linkcode adminHandler}. */
export interface AdminHandlerOptions {
  /** What `/metrics` shows. */
  registry: MetricSource;
  /**
   * What `/readyz` asks.
   *
   * @default {() => true}
   */
  isReady?: IsReady;
  /**
   * Registries of prom-client whose metrics `/metrics` shows too.
   *
   * @default {[]}
   */
  registries?: readonly PromClientRegistry[];
}

const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/**
 * Answers `/metrics`, `/healthz` and `/readyz`, and 404 to everything else. It asks nobody who they are:
 * serve it where only the operator comes, such as on loopback.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MetricRegistry, toFetch } from "@pingo/pingo/core";
 * import { adminHandler } from "@pingo/pingo/core/prometheus";
 *
 * const fetch = toFetch(adminHandler({ registry: new MetricRegistry(), isReady: () => false }));
 * assertEquals((await fetch(new Request("http://localhost/healthz"))).status, 200);
 * assertEquals((await fetch(new Request("http://localhost/readyz"))).status, 503);
 * assertEquals((await fetch(new Request("http://localhost/"))).status, 404);
 * ```
 */
export function adminHandler(options: AdminHandlerOptions): Handler {
  const { registry, registries, isReady = () => true } = options;
  const routes = new Map<string | null, Handler>([
    ["/metrics", prometheusHandler(registry, { registries })],
    ["/healthz", healthz()],
    ["/readyz", readyz(isReady)],
  ]);
  return (exchange) => {
    const handler = routes.get(exchange.path);
    if (handler === undefined) return reply(404, "not found\n", { headers: TEXT });
    const { method } = exchange.request;
    if (method === "GET" || method === "HEAD") return handler(exchange);
    // RFC 9110 §15.5.6
    const headers = { ...TEXT, allow: "GET, HEAD" };
    return reply(405, "method not allowed\n", { headers });
  };
}
