import type { Client, Peer } from "../http/mod.ts";
import { ipv4Bytes, ipv6Bytes } from "./_ip_address.ts";
import { writeProxyHeader } from "./write_proxy_header.ts";

/** The version of the PROXY protocol that a peer is to be told the client by. */
export type ProxyProtocolVersion = NonNullable<Peer["proxyProtocol"]>;

/**
 * The header that tells an upstream who the client is. It is the first thing on a new connection, before
 * the TLS handshake too, and from then on the connection belongs to this client: nobody else's request
 * may be sent on it (§2).
 *
 * Where it is not known what the client connected to, that is written as the address `0.0.0.0` or `::`
 * with port 0. Families that differ are both written as IPv6 ones. A client without an IP address, as
 * on a unix socket, is UNKNOWN in version 1 and LOCAL in version 2, as HAProxy writes it: it hangs up on
 * other families. What a proxy in front has told in TLVs goes on in version 2.
 *
 * @param client whom the connection is for; null when it is for nobody, as for a health check
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clientProxyHeader } from "@pingo/pingo/core";
 *
 * const client = {
 *   address: "192.0.2.1",
 *   port: 4711,
 *   transport: "tcp",
 *   scheme: "http",
 *   destination: { address: "192.0.2.9", port: 80 },
 * } as const;
 * assertEquals(
 *   new TextDecoder().decode(clientProxyHeader(client, "v1")),
 *   "PROXY TCP4 192.0.2.1 192.0.2.9 4711 80\r\n",
 * );
 * ```
 */
export function clientProxyHeader(
  client: Client | null,
  version: ProxyProtocolVersion,
): Uint8Array {
  const addresses = client === null ? null : addressesOf(client);
  if (version === "v1") return writeProxyHeader({ version: 1, ...addresses });
  if (addresses === null) return writeProxyHeader({ version: 2, isLocal: true });
  return writeProxyHeader({ version: 2, ...addresses, tlvs: client?.proxy?.tlvs ?? {} });
}

type Addresses = Pick<
  Required<Parameters<typeof writeProxyHeader>[0]>,
  "transport" | "source" | "destination"
>;

/** Both ends in one family; null when the client has no IP address. */
function addressesOf(client: Client): Addresses | null {
  const { address, port, destination } = client;
  const isIpv4 = ipv4Bytes(address) !== null;
  if (!isIpv4 && ipv6Bytes(address) === null) return null;
  const near = destination ?? { address: isIpv4 ? "0.0.0.0" : "::", port: 0 };
  const isNearIpv4 = ipv4Bytes(near.address) !== null;
  if (isIpv4 && isNearIpv4) {
    return { transport: "tcp4", source: { address, port }, destination: near };
  }
  const mapped = (text: string, isShort: boolean): string => isShort ? `::ffff:${text}` : text;
  return {
    transport: "tcp6",
    source: { address: mapped(address, isIpv4), port },
    destination: { address: mapped(near.address, isNearIpv4), port: near.port },
  };
}
