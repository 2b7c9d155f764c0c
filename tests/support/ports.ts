/**
 * Ports and addresses that no other test can be given in the meantime. Port 0 and every outgoing
 * connection take theirs from the system's range for clients (RFC 6335 §6: 49152–65535, Linux
 * 32768–60999): a port of that range that was free a moment ago may be somebody's server now.
 */

const FIRST_PORT = 10_000;
// So that what lies 10,000 above is below that range too: a server of a Redis cluster takes it as well.
const PORTS = 12_000;

/** Ports below 1024 that once had a service and have none any more. */
const DEAD_PORTS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16];

let nextDead = 0;

/** A port that is free for TCP and UDP, and that stays free for who asks for exactly this one. */
export function freePort(): number {
  while (true) {
    const [chance] = crypto.getRandomValues(new Uint16Array(1));
    const port = FIRST_PORT + chance % PORTS;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      // There with the unstable flag "net" only.
      if (typeof Deno.listenDatagram === "function") {
        Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port }).close();
      }
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** An address that nobody listens on, another one with each call up to eleven. */
export function deadAddress(): string {
  return `127.0.0.1:${DEAD_PORTS[nextDead++ % DEAD_PORTS.length]}`;
}
