/** A TCP address to listen on. */
export interface TcpListenAddress {
  /** Tells the kinds of address apart. */
  readonly transport: "tcp";
  /** An IP address without brackets, or a name. `::` stands for every address, IPv4 included. */
  readonly hostname: string;
  /** The port; 0 lets the system choose a free one. */
  readonly port: number;
}

/** A unix socket to listen on. */
export interface UnixListenAddress {
  /** Tells the kinds of address apart. */
  readonly transport: "unix";
  /** The path of the socket file. */
  readonly path: string;
}

/** Where a listener listens. */
export type ListenAddress = TcpListenAddress | UnixListenAddress;

/**
 * Reads an address to listen on: `:8080` (every address, IPv6 and IPv4), `127.0.0.1:8080`,
 * `[::1]:8080`, `localhost:8080`, `unix:/run/x.sock`. Port 0 lets the system choose.
 *
 * @throws {TypeError} for anything else, with a line that says what is wrong
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseListenAddress } from "@pingo/pingo/core";
 *
 * assertEquals(parseListenAddress(":8080"), { transport: "tcp", hostname: "::", port: 8080 });
 * assertEquals(parseListenAddress("unix:/run/x.sock"), { transport: "unix", path: "/run/x.sock" });
 * ```
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice(5);
    if (path === "") throw refuse(text, "the path is missing");
    if (path.includes("\0")) throw refuse(text, "the path holds a NUL");
    return { transport: "unix", path };
  }
  if (text.includes("://")) {
    throw refuse(text, "it is a URL; write host:port, :port or unix:/path");
  }
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) {
    throw refuse(
      text,
      /^\d+$/.test(text) ? `write ":${text}"` : "the port is missing",
    );
  }
  return {
    transport: "tcp",
    hostname: parseHost(text, text.slice(0, colon)),
    port: parsePort(text, text.slice(colon + 1)),
  };
}

function parseHost(text: string, host: string): string {
  if (host === "") return "::";
  const isBracketed = host.startsWith("[") && host.endsWith("]");
  if (!isBracketed && host.includes(":")) {
    throw refuse(text, "an IPv6 address stands in brackets, as in [::1]:8080");
  }
  const isHost = isBracketed || /^[\w.-]+$/.test(host);
  // The parser of URLs knows what an IP address is; it takes a name for one only when it must be one.
  if (!isHost || !URL.canParse(`http://${host}/`)) {
    throw refuse(text, `${JSON.stringify(host)} is not a host`);
  }
  return isBracketed ? host.slice(1, -1) : host;
}

function parsePort(text: string, port: string): number {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw refuse(
      text,
      `${JSON.stringify(port)} is not a port from 0 to 65535`,
    );
  }
  return Number(port);
}

function refuse(text: string, why: string): TypeError {
  return new TypeError(
    `Cannot parse listen address ${JSON.stringify(text)}: ${why}`,
  );
}

/**
 * The text of an address, as {@linkcode parseListenAddress} takes it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatListenAddress } from "@pingo/pingo/core";
 *
 * const address = { transport: "tcp", hostname: "::1", port: 8080 } as const;
 * assertEquals(formatListenAddress(address), "[::1]:8080");
 * ```
 */
export function formatListenAddress(address: ListenAddress): string {
  if (address.transport === "unix") return `unix:${address.path}`;
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
