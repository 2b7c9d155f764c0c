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
  /**
   * Further paths, each with a function whose result is shown as JSON: the state of something at the moment
   * when somebody looks, such as the backends of a proxy.
   *
   * @default {{}}
   */
  documents?: Readonly<Record<string, () => unknown>>;
}

const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
const JSON_FIELDS = { "content-type": "application/json", "cache-control": "no-store" };

/**
 * Answers `/metrics`, `/healthz`, `/readyz` and the paths of `documents`, and 404 to everything else; 405 to
 * other methods than GET and HEAD. Nothing of it may be kept by a cache. It asks nobody who they are: serve
 * it where only the operator comes, such as on loopback.
 *
 * @throws {TypeError} when a path of `documents` does not begin with a slash, or is one of the three
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MetricRegistry, toFetch } from "@pingo/pingo/core";
 * import { adminHandler } from "@pingo/pingo/core/prometheus";
 *
 * const fetch = toFetch(adminHandler({
 *   registry: new MetricRegistry(),
 *   isReady: () => false,
 *   documents: { "/jobs": () => ({ waiting: 3 }) },
 * }));
 * assertEquals((await fetch(new Request("http://localhost/healthz"))).status, 200);
 * assertEquals((await fetch(new Request("http://localhost/readyz"))).status, 503);
 * assertEquals(await (await fetch(new Request("http://localhost/jobs"))).json(), { waiting: 3 });
 * assertEquals((await fetch(new Request("http://localhost/"))).status, 404);
 * ```
 */
export function adminHandler(options: AdminHandlerOptions): Handler {
  const { registry, registries, isReady = () => true, documents = {} } = options;
  const routes = new Map<string | null, Handler>([
    ["/metrics", prometheusHandler(registry, { registries })],
    ["/healthz", healthz()],
    ["/readyz", readyz(isReady)],
  ]);
  for (const [path, document] of Object.entries(documents)) {
    if (!path.startsWith("/") || routes.has(path)) {
      const state = path.startsWith("/") ? "the path is taken" : "it does not begin with a slash";
      throw new TypeError(`Cannot show a document on ${JSON.stringify(path)}: ${state}`);
    }
    routes.set(path, () => reply(200, textOf(document()), { headers: JSON_FIELDS }));
  }
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

/** For people too: over several lines, with one at the end. */
function textOf(document: unknown): string {
  return `${JSON.stringify(document, null, 2) ?? "null"}\n`;
}
