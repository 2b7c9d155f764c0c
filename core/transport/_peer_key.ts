import type { Peer } from "../http/mod.ts";

/** The identity of a peer: connections are shared among those whose keys are equal, and no others. */
export function peerKey(peer: Peer): string {
  const { hostname, port, transport, scheme, tls, group } = peer;
  return JSON.stringify([
    transport,
    hostname,
    port,
    scheme,
    group,
    ...scheme === "https" ? [tls?.serverName ?? hostname, tls?.caCerts, tls?.cert, tls?.key] : [],
  ]);
}
