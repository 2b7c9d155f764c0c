/**
 * The core: messages and forwarding rules, the HTTP/1.1 engine, transports to upstreams, listeners, servers
 * and services, logs and metrics.
 *
 * @example A server with the toolkit's own engine
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listen, reply } from "@pingo/pingo/core";
 *
 * await using listener = await listen({ address: "127.0.0.1:0" }, ({ request }) => {
 *   return reply(200, `you asked for ${request.target}`);
 * });
 * const response = await fetch(new URL("/a", listener.url));
 * assertEquals(await response.text(), "you asked for /a");
 * ```
 *
 * @module
 */
export * from "./http/mod.ts";
export * from "./http1/mod.ts";
export * from "./proxy_protocol/mod.ts";
export * from "./tls/mod.ts";
export * from "./redis/mod.ts";
export * from "./transport/mod.ts";
export * from "./telemetry/mod.ts";
export * from "./listen/mod.ts";
export * from "./server/mod.ts";
