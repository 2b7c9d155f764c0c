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
