/**
 * Listeners: where requests come in. {@linkcode listen} serves a handler on TCP, TLS or a unix socket,
 * and its {@linkcode Listener} stops without a request being lost.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listen, reply } from "@pingo/pingo/core";
 *
 * const listener = await listen({ address: "localhost:0" }, () => reply(200, "hello"));
 * const response = await fetch(listener.url);
 * assertEquals(await response.text(), "hello");
 * assertEquals(await listener.drain({ deadlineMs: 10_000 }), { cut: 0 });
 * ```
 *
 * @module
 */
export {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
  type TcpListenAddress,
  type UnixListenAddress,
} from "./listen_address.ts";
export { ListenError, type ListenErrorCode } from "./listen_error.ts";
export type { ListenEngine, ListenOptions, ListenTls } from "./listen_options.ts";
export type { DrainOptions, DrainReport, Listener, ListenerRefusals } from "./listener.ts";
export type { ListenProxyProtocol } from "./proxy_protocol_options.ts";
export { listen } from "./listen.ts";
