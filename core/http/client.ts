import type { Scheme } from "./head.ts";

/** Who sends a request: the near end of its connection. */
export interface Client {
  /** The address, `192.0.2.1` or `2001:db8::1`; empty for a unix socket. */
  readonly address: string;
  /** The port; 0 for a unix socket. */
  readonly port: number;
  /** The kind of socket. */
  readonly transport: "tcp" | "unix" | "memory";
  /** `https` when the connection is protected by TLS. */
  readonly scheme: Scheme;
  /** What the client connected to; missing where the engine does not know it. */
  readonly destination?: SocketEndpoint;
  /** The proxy that the connection really comes from, when it told by the PROXY protocol who the client is. */
  readonly proxy?: ClientProxy;
}

/** One end of a connection. */
export interface SocketEndpoint {
  /** The address; of a unix socket the path, empty where it has none. */
  readonly address: string;
  /** The port; 0 for a unix socket. */
  readonly port: number;
}

/** A proxy in front that passes connections on by the PROXY protocol. */
export interface ClientProxy extends SocketEndpoint {
  /** The kind of its socket. */
  readonly transport: "tcp" | "unix";
  /** What else it tells of the client's connection. */
  readonly tlvs: ProxyTlvs;
}

/**
 * What a proxy in front tells of a client's connection beside its addresses: the type-length-values of the
 * PROXY protocol's version 2 (§2.2). Each is missing when it was not told.
 */
export interface ProxyTlvs {
  /** The protocol that was negotiated, as in TLS's ALPN: `h2`, `http/1.1`. */
  readonly alpn?: string;
  /** The host name that the client asked for, as in TLS's SNI. */
  readonly authority?: string;
  /** Identifies the connection; up to 128 bytes. */
  readonly uniqueId?: Uint8Array;
  /** The client's TLS. */
  readonly tls?: ProxyTls;
  /** The name of the network namespace. */
  readonly namespace?: string;
  /** Whether there is a checksum; when it is received, it has been verified. */
  readonly hasChecksum?: boolean;
  /** What has no field here, as cloud providers have it: types 0xE0 to 0xEF. */
  readonly others?: readonly ProxyTlv[];
}

/** A type and a value that have no field of their own. */
export interface ProxyTlv {
  /** The type, 0 to 255. */
  readonly type: number;
  /** The value. */
  readonly value: Uint8Array;
}

/** What a proxy in front tells of a client's TLS. */
export interface ProxyTls {
  /** Whether the client came over TLS. */
  readonly isTls: boolean;
  /** Whether it showed a certificate on this connection. */
  readonly hasCertificate: boolean;
  /** Whether it showed one at least once in this TLS session. */
  readonly hadCertificate: boolean;
  /** 0 when the certificate was verified, else the proxy's own number for why not. */
  readonly verifyResult: number;
  /** The version, `TLSv1.3`. */
  readonly version?: string;
  /** The common name of the client's certificate. */
  readonly commonName?: string;
  /** The cipher, `TLS_AES_128_GCM_SHA256`. */
  readonly cipher?: string;
  /** The algorithm that the proxy's certificate is signed with, `RSA-SHA256`. */
  readonly signatureAlgorithm?: string;
  /** The algorithm of the key in the proxy's certificate, `RSA2048`. */
  readonly keyAlgorithm?: string;
  /** What has no field here. */
  readonly others?: readonly ProxyTlv[];
}

const MAPPED = "::ffff:";

/**
 * An address in its own form: on a socket for IPv6 and IPv4 the system writes `::ffff:192.0.2.1` for an
 * IPv4 client (RFC 4291 §2.5.5.2), which limits and logs would take for another one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { unmapAddress } from "@pingo/pingo/core";
 *
 * assertEquals(unmapAddress("::ffff:192.0.2.1"), "192.0.2.1");
 * assertEquals(unmapAddress("2001:db8::1"), "2001:db8::1");
 * ```
 */
export function unmapAddress(address: string): string {
  return address.startsWith(MAPPED) && address.includes(".")
    ? address.slice(MAPPED.length)
    : address;
}
