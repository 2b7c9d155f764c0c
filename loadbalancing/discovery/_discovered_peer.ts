import type { Peer } from "../../core/mod.ts";
import type { NameDiscoveryOptions } from "./name_discovery_options.ts";

/** The peer at an address of a name. */
export function discoveredPeer(
  address: string,
  port: number,
  name: string,
  { scheme, tls }: Required<Pick<NameDiscoveryOptions, "scheme" | "tls">>,
): Peer {
  const peer: Peer = { hostname: address, port, transport: "tcp", scheme };
  return scheme === "https" ? { ...peer, tls: { serverName: name, ...tls } } : peer;
}
