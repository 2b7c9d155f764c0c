import type { TcpListenAddress } from "./listen_address.ts";

/** What {@linkcode bindTcp} needs of a server. */
export interface BoundServer {
  readonly addr: { readonly hostname: string; readonly port: number };
}

/** The sockets for one address. */
export interface Binding<Server> {
  /** The hostname that was bound. */
  readonly hostname: string;
  readonly port: number;
  readonly servers: readonly Server[];
  /** What an operator should know; empty when all is as asked for. */
  readonly note: string;
}

/**
 * Binds an address. `::` means IPv4 too, which one socket does on Linux and macOS as they come (measured),
 * and not on Windows nor with `net.ipv6.bindv6only=1`: there a second socket is bound. Without IPv6 it
 * is IPv4 alone, and the note says so.
 *
 * @param serve starts a server on a hostname and a port
 */
export function bindTcp<Server extends BoundServer>(
  address: TcpListenAddress,
  serve: (hostname: string, port: number) => Server,
): Binding<Server> {
  if (address.hostname !== "::") return bind(address.hostname);
  try {
    return bind("::");
  } catch (error) {
    if (!isWithoutIpv6(error)) throw error;
    return bind("0.0.0.0", "IPv4 only, there is no IPv6 here");
  }

  function bind(hostname: string, note = ""): Binding<Server> {
    const first = serve(hostname, address.port);
    const { port } = first.addr;
    const second = hostname === "::" ? bindIpv4(port) : null;
    const servers = second === null ? [first] : [first, second];
    return { hostname, port, servers, note };
  }

  function bindIpv4(port: number): Server | null {
    // A prompt for a second permission would puzzle whoever gave the first.
    const { state } = Deno.permissions.querySync({ name: "net", host: `0.0.0.0:${port}` });
    if (state !== "granted") return null;
    try {
      return serve("0.0.0.0", port);
    } catch (error) {
      // The usual case: the first socket takes IPv4 too.
      if (error instanceof Deno.errors.AddrInUse) return null;
      if (error instanceof Deno.errors.AddrNotAvailable) return null;
      throw error;
    }
  }
}

function isWithoutIpv6(error: unknown): boolean {
  if (error instanceof Deno.errors.AddrNotAvailable) return true;
  return error instanceof Error && "code" in error && error.code === "EAFNOSUPPORT";
}
