import { ProxyError } from "../../../errors/mod.ts";
import type { Peer } from "../../http/mod.ts";

/** What HTTP/1.1 is called in ALPN (RFC 7301). */
const ALPN = ["http/1.1"];

/**
 * The option of `Deno.connectTls` for a name that is not the address. Deno has it, under this symbol, and
 * does not document it. Where it is missing the certificate is checked against the address and refused:
 * it fails closed.
 */
const SERVER_NAME = Symbol.for("unstableServerName");

/** Whether the peer wants a certificate of ours. */
export function hasClientCertificate(peer: Peer): boolean {
  return peer.tls?.cert !== undefined || peer.tls?.key !== undefined;
}

/** The name that a peer's certificate is to be made out to. */
function serverNameOf(peer: Peer): string {
  return peer.tls?.serverName ?? peer.hostname;
}

/** Speaks TLS over a connection that stands. */
export async function startTls(peer: Peer, conn: Deno.TcpConn): Promise<Deno.TlsConn> {
  return await Deno.startTls(conn, {
    hostname: serverNameOf(peer),
    caCerts: [...peer.tls?.caCerts ?? []],
    alpnProtocols: ALPN,
  });
}

/** Connects with a client certificate, which `Deno.startTls` cannot give; the handshake is still to come. */
export async function connectTls(peer: Peer, address: string): Promise<Deno.TlsConn> {
  const { caCerts = [], cert, key } = peer.tls ?? {};
  if (cert === undefined || key === undefined) {
    throw new ProxyError(
      "internal",
      `Cannot connect to ${address}: a client certificate needs both cert and key`,
    );
  }
  const options = {
    hostname: address,
    port: peer.port,
    caCerts: [...caCerts],
    alpnProtocols: ALPN,
    cert,
    key,
    [SERVER_NAME]: serverNameOf(peer),
  };
  return await Deno.connectTls(options);
}

/** Closes what may be closed already. */
export function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // The other side was faster.
  }
}
