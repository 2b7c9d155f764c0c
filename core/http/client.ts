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
