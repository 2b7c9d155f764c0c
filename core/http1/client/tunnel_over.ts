import type { Tunnel } from "../../http/mod.ts";
import { type Duplex, writeAll } from "../duplex.ts";
import { UpstreamTunnel } from "./_upstream_tunnel.ts";

/**
 * A connection as a {@linkcode Tunnel}: what a reply to CONNECT carries. While it is idle it holds a small
 * buffer; through which much flows borrows a large one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tunnelOver } from "@pingo/pingo/core";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const accepted = listener.accept();
 * const tunnel = tunnelOver(await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }));
 * using other = await accepted;
 * await other.write(new TextEncoder().encode("hello"));
 * assertEquals(new TextDecoder().decode(await tunnel.read() ?? undefined), "hello");
 * tunnel.close();
 * ```
 */
export function tunnelOver(duplex: Duplex): Tunnel {
  return new UpstreamTunnel({
    readTunnel: (into) => duplex.read(into),
    write: (bytes) => writeAll(duplex, bytes),
    closeWrite: () => duplex.closeWrite(),
    close: () => {
      try {
        duplex.close();
      } catch {
        // The other side was faster.
      }
    },
  }, null);
}
