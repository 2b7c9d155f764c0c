import { type Dial, systemDial } from "../../core/mod.ts";
import { checkPeer, checkPort } from "./_check_peer.ts";
import type { HealthCheck } from "./health_check.ts";

/** Options of {@linkcode tcpCheck}. */
export interface TcpCheckOptions {
  /**
   * Another port than that of the traffic.
   *
   * @default {the peer's}
   */
  port?: number;
  /**
   * Whether a TLS handshake, by the peer's own settings, is part of the check.
   *
   * @default {false}
   */
  handshake?: boolean;
  /** Opens connections. */
  dial?: Dial;
}

/**
 * A check that opens a connection and closes it again. It says that somebody listens, not that work gets
 * done: where the backend speaks HTTP, `httpCheck` says more.
 *
 * @throws {RangeError} when the port is not from 1 to 65535
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { CancelSource, peer } from "@pingo/pingo/core";
 * import { tcpCheck } from "@pingo/pingo/loadbalancing";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const target = peer(`127.0.0.1:${listener.addr.port}`);
 * const context = { id: "a", cancel: new CancelSource() };
 * await tcpCheck().check(target, context);
 * listener.close();
 * await assertRejects(() => tcpCheck().check(target, context), Error, "refused");
 * ```
 */
export function tcpCheck(options: TcpCheckOptions = {}): HealthCheck {
  const { port, handshake = false, dial = systemDial() } = options;
  checkPort(port);
  const scheme = handshake ? "https" : "http";
  return {
    async check(peer, { cancel }) {
      const { conn } = await dial(checkPeer(peer, { port, scheme }), { cancel });
      conn.close();
    },
  };
}
