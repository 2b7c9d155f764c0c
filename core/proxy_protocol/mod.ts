/**
 * The PROXY protocol, versions 1 and 2, as pure functions: a header that a proxy puts in front of a
 * connection, to say who its client is. {@linkcode parseProxyHeader} reads it, {@linkcode writeProxyHeader}
 * writes it, {@linkcode clientProxyHeader} makes the one for a client.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseProxyHeader, writeProxyHeader } from "@pingo/pingo/core";
 *
 * const bytes = writeProxyHeader({
 *   version: 2,
 *   transport: "tcp4",
 *   source: { address: "192.0.2.1", port: 4711 },
 *   destination: { address: "192.0.2.9", port: 443 },
 *   tlvs: { authority: "example.com", hasChecksum: true },
 * });
 * assertEquals(parseProxyHeader(bytes)?.header.tlvs.authority, "example.com");
 * ```
 *
 * @module
 */
export type { ProxiedTransport, ProxyHeader } from "./proxy_header.ts";
export {
  type ParsedProxyHeader,
  parseProxyHeader,
  type ParseProxyHeaderOptions,
} from "./parse_proxy_header.ts";
export { type ProxyHeaderInit, writeProxyHeader } from "./write_proxy_header.ts";
export { clientProxyHeader, type ProxyProtocolVersion } from "./client_proxy_header.ts";
