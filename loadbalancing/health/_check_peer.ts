import type { Peer, PeerTls, Scheme } from "../../core/mod.ts";

/** In what a check goes another way than the traffic. */
export interface Detour {
  readonly port?: number;
  readonly scheme?: Scheme;
  readonly tls?: PeerTls;
}

/** @throws {RangeError} when the port is none */
export function checkPort(port: number | undefined): void {
  if (port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65_535)) return;
  throw new RangeError(`Cannot check health: the port ${port} is not from 1 to 65535`);
}

/** Where a check goes to. */
export function checkPeer(peer: Peer, { port, scheme, tls }: Detour): Peer {
  if (port !== undefined && peer.transport === "unix") {
    throw new TypeError(`Cannot check port ${port} of unix:${peer.hostname}: it has none`);
  }
  return {
    ...peer,
    ...(port !== undefined && { port }),
    ...(scheme !== undefined && { scheme }),
    ...(tls !== undefined && { tls: { ...peer.tls, ...tls } }),
  };
}
