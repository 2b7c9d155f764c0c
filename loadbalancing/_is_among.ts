import type { Peer } from "../core/mod.ts";
import type { Backend } from "./backend.ts";

/** Whether a backend is one of these servers: whatever is said to it, the same address is the same server. */
export function isAmong({ peer }: Backend, peers: readonly Peer[]): boolean {
  for (let i = 0; i < peers.length; i++) {
    const other = peers[i];
    if (
      other === peer ||
      (other.port === peer.port && other.hostname === peer.hostname &&
        other.transport === peer.transport)
    ) {
      return true;
    }
  }
  return false;
}
