/**
 * The proxy as a service of a server: what a program with `new Server()` adds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, listen, ProxyService, reply, Server } from "@pingo/pingo";
 *
 * await using app = await listen({ address: "127.0.0.1:0" }, () => reply(200, "hello"));
 * const proxy = new ProxyService("proxy", { upstreams: [app.url] }).addTcp("127.0.0.1:0");
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * // A program says: Deno.exit(await server.addService(proxy).runForever());
 * await server.addService(proxy).start();
 * assertEquals(await (await fetch(proxy.listeners[0].url)).text(), "hello");
 * ```
 *
 * @module
 */
export { type ProxyListenOptions, ProxyService, type ProxyServiceConfig } from "./proxy_service.ts";
export type {
  BalancingOptions,
  ServiceHealthCheck,
  ServiceHostBreaker,
} from "./balancing_options.ts";
export {
  type BackendReport,
  type BackendsReport,
  backendsReport,
  type ReportedService,
} from "./backends_report.ts";
export type { BalancingSnapshot } from "./balancing_snapshot.ts";
