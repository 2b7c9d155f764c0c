import type { Scheme } from "./head.ts";

/**
 * Where an upstream is and how it is spoken to. Two peers with equal fields may share connections;
 * a pool looks at all of them.
 */
export interface Peer {
  /** The host name or address; the path for a unix socket. */
  readonly hostname: string;
  /** The port; 0 for a unix socket. */
  readonly port: number;
  /** The kind of socket. */
  readonly transport: "tcp" | "unix";
  /** `https` when TLS is spoken to it. */
  readonly scheme: Scheme;
  /** How TLS is spoken; read only with scheme `https`. */
  readonly tls?: PeerTls;
  /** Keeps the connections of one group apart from those of others, as between tenants. */
  readonly group?: string;
  /**
   * Tells the peer by the PROXY protocol who the client is. Each client then has connections of its own,
   * which nobody else's request goes on.
   */
  readonly proxyProtocol?: "v1" | "v2";
}

/** How TLS is spoken to a peer. All texts are PEM. */
export interface PeerTls {
  /** The name to ask for and to verify, where it is not the host name. */
  readonly serverName?: string;
  /** Certificates to trust besides the system's. */
  readonly caCerts?: readonly string[];
  /** The own certificate, for servers that ask for one. */
  readonly cert?: string;
  /** The key of `cert`. */
  readonly key?: string;
}

/** Options of {@linkcode peer}. */
export interface PeerOptions {
  /** How TLS is spoken to it. */
  tls?: PeerTls;
  /** Keeps connections apart. */
  group?: string;
  /** Tells the peer by the PROXY protocol who the client is. */
  proxyProtocol?: "v1" | "v2";
}

/**
 * Makes a peer from `host:port`, `http://host:port`, `https://host`, `[::1]:8080` or `unix:/path`.
 *
 * @throws {TypeError} when the text is none of these, or has a path, a query or user information
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { peer } from "@pingo/pingo/core";
 *
 * assertEquals(peer("https://example.com").port, 443);
 * assertEquals(peer("[::1]:8080").hostname, "::1");
 * assertThrows(() => peer("localhost"), TypeError, "port");
 * ```
 */
export function peer(target: string, options: PeerOptions = {}): Peer {
  const { tls, group, proxyProtocol } = options;
  const extra = {
    ...(tls && { tls }),
    ...(group !== undefined && { group }),
    ...(proxyProtocol !== undefined && { proxyProtocol }),
  };
  if (target.startsWith("unix:")) {
    const path = target.slice(5);
    if (path === "") {
      throw new TypeError(`Cannot use the peer "${target}": it has no path`);
    }
    return {
      hostname: path,
      port: 0,
      transport: "unix",
      scheme: "http",
      ...extra,
    };
  }
  const scheme: Scheme = /^https:\/\//i.test(target) ? "https" : "http";
  const rest = target.replace(/^https?:\/\//i, "").replace(/\/$/, "");
  const parts = /^(?:\[([0-9a-f:.%]+)\]|([a-z0-9_.-]+))(?::(\d{1,5}))?$/i.exec(
    rest,
  );
  if (parts === null) {
    throw new TypeError(
      `Cannot use the peer "${target}": it is not host:port, http://host:port, https://host or unix:/path`,
    );
  }
  const hasScheme = target.includes("://");
  if (parts[3] === undefined && !hasScheme) {
    throw new TypeError(`Cannot use the peer "${target}": it has no port`);
  }
  const port = parts[3] === undefined ? (scheme === "https" ? 443 : 80) : Number(parts[3]);
  if (port < 1 || port > 65535) {
    throw new TypeError(
      `Cannot use the peer "${target}": the port is not from 1 to 65535`,
    );
  }
  return {
    hostname: parts[1] ?? parts[2],
    port,
    transport: "tcp",
    scheme,
    ...extra,
  };
}

/**
 * The address of a peer as people write it; it goes into logs and metrics.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { peer, peerAddress } from "@pingo/pingo/core";
 *
 * assertEquals(peerAddress(peer("http://[::1]:80")), "[::1]:80");
 * assertEquals(peerAddress(peer("unix:/run/app.sock")), "unix:/run/app.sock");
 * ```
 */
export function peerAddress(peer: Peer): string {
  if (peer.transport === "unix") return `unix:${peer.hostname}`;
  return `${peer.hostname.includes(":") ? `[${peer.hostname}]` : peer.hostname}:${peer.port}`;
}
