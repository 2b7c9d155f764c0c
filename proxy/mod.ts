/**
 * The proxy: requests run through typed phases to an upstream and back.
 *
 * @example A proxy in five lines
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HttpProxy } from "@pingo/pingo/proxy";
 *
 * await using upstream = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
 * await using proxy = new HttpProxy({ upstream: `127.0.0.1:${upstream.addr.port}` });
 * await using server = Deno.serve({ port: 0, onListen() {} }, proxy.fetch);
 * const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
 * assertEquals(await response.text(), "hello");
 * ```
 *
 * @module
 */
export { HttpProxy } from "./http_proxy.ts";
export type { Filter, Hooked, MayAnswer, MayReplace } from "./filter.ts";
export type { HedgeStatistics, ProxyHedge } from "./hedge_options.ts";
export {
  type HttpProxyOptions,
  type ProxyForwarding,
  type ProxyRetry,
  type ProxyTimeouts,
  RETRYABLE_FAILURES,
  type RetryableFailure,
  type SelectPeer,
} from "./options.ts";
export {
  allowConnect,
  type AllowConnectOptions,
  type ConnectTarget,
} from "./filters/connect_tunnel.ts";
