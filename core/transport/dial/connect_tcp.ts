/**
 * Opens a TCP connection to an address, without Nagle's delay: what {@linkcode systemDial} connects by
 * unless it is told another way.
 *
 * Rejects as `Deno.connect` does, or with the reason of `signal`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectTcp } from "@pingo/pingo/core";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = listener.addr;
 * using conn = await connectTcp("127.0.0.1", port, new AbortController().signal);
 * assertEquals(conn.remoteAddr.port, port);
 * ```
 */
export async function connectTcp(
  hostname: string,
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname, port, signal });
  conn.setNoDelay(true);
  return conn;
}
