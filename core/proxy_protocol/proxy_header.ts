import type { ProxyTlvs, SocketEndpoint } from "../http/mod.ts";

/**
 * The socket that a header tells of; `unknown` when the sender cannot say it. What came over UDP is, as
 * a rule, QUIC that a proxy in front has ended.
 */
export type ProxiedTransport =
  | "tcp4"
  | "tcp6"
  | "udp4"
  | "udp6"
  | "unix"
  | "unix_datagram"
  | "unknown";

/**
 * A header of the PROXY protocol: who the client is that a proxy in front passes on.
 *
 * Source: HAProxy's doc/proxy-protocol.txt of 2020-03-05; the sections named here are its.
 */
export interface ProxyHeader {
  /** The text form (§2.1) or the binary one (§2.2). */
  readonly version: 1 | 2;
  /**
   * The sender speaks for itself, as for a health check: the connection is what it looks like (§2.2, LOCAL).
   */
  readonly isLocal: boolean;
  /** The client's socket. */
  readonly transport: ProxiedTransport;
  /** The client; null when the header is local or the transport unknown. Of a unix socket it is the path. */
  readonly source: SocketEndpoint | null;
  /** What the client connected to; null when `source` is. */
  readonly destination: SocketEndpoint | null;
  /** What else the sender tells; version 1 has none of it. */
  readonly tlvs: ProxyTlvs;
}
