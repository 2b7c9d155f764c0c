import { ProxyError } from "../../../errors/mod.ts";
import type { TimerWheel } from "../../../timeout/mod.ts";
import type { ServerExchange, Tunnel } from "../../http/mod.ts";
import type { Inbound } from "./_inbound.ts";
import { type Duplex, writeAll } from "./duplex.ts";

/** What {@linkcode relay} needs of the client's side. */
export interface RelayOptions {
  inbound: Inbound;
  duplex: Duplex;
  exchange: ServerExchange;
  wheel: TimerWheel;
  /** How long both directions may be silent. */
  idleTimeoutMs: number;
}

/**
 * Passes bytes in both directions until both have ended: when one side ends its direction, the other side
 * is told so and may go on. When one breaks, both do.
 *
 * @returns how many bytes went to the client; those from it stand in `exchange.receivedBytes`
 */
export async function relay(tunnel: Tunnel, options: RelayOptions): Promise<number> {
  const { inbound, duplex, exchange, wheel, idleTimeoutMs } = options;
  let sentBytes = 0;
  let failure: unknown = null;
  const stop = (error: unknown): void => {
    failure ??= error;
    tunnel.close();
    try {
      duplex.close();
    } catch {
      // It is closed already.
    }
  };
  const forget = exchange.cancel.onCancel(stop);
  const timer = wheel.timer(() => {
    stop(
      new ProxyError("deadline_exceeded", `Cannot keep a tunnel: silent for ${idleTimeoutMs} ms`),
    );
  });
  const alive = (): void => timer.arm(idleTimeoutMs);
  const up = async (): Promise<void> => {
    for (;;) {
      if (inbound.start === inbound.end && await inbound.fill() === null) break;
      const bytes = inbound.bytes.subarray(inbound.start, inbound.end);
      inbound.start = inbound.end;
      alive();
      exchange.receivedBytes += bytes.byteLength;
      await tunnel.write(bytes);
    }
    await tunnel.closeWrite();
  };
  const down = async (): Promise<void> => {
    for (let bytes = await tunnel.read(); bytes !== null; bytes = await tunnel.read()) {
      alive();
      await writeAll(duplex, bytes);
      sentBytes += bytes.byteLength;
    }
    await duplex.closeWrite();
  };
  alive();
  try {
    await Promise.all([up().catch(stop), down().catch(stop)]);
  } finally {
    timer.disarm();
    forget();
    tunnel.close();
  }
  exchange.error ??= failure === null ? null : ProxyError.from(failure, "client_gone");
  return sentBytes;
}
