/**
 * pinGo: a toolkit for programs that stand between clients and servers.
 *
 * Everything but the parts that need an npm package of their own; `@pingo/pingo/errors`, `./timeout`,
 * `./core` and `./proxy` are the same in parts.
 *
 * @example A proxy
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HttpProxy, listen } from "@pingo/pingo";
 *
 * await using upstream = await listen({ address: "127.0.0.1:0" }, () => new Response("hello"));
 * await using proxy = new HttpProxy({ upstream: upstream.url });
 * await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
 * const response = await fetch(front.url);
 * assertEquals(await response.text(), "hello");
 * ```
 *
 * @module
 */
export * from "./errors/mod.ts";
export * from "./timeout/mod.ts";
export * from "./ketama/mod.ts";
export * from "./core/mod.ts";
export * from "./limits/mod.ts";
export * from "./limits/http/mod.ts";
export * from "./loadbalancing/mod.ts";
export * from "./proxy/mod.ts";
export * from "./proxy/service/mod.ts";
