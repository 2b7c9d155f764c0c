/** A server as a ring takes it. */
export interface KetamaServer {
  /**
   * `host:port`, `host`, `[v6]:port` or `unix:/path`: the text itself is hashed, so that all that share a ring have to
   * write it in the same way.
   */
  readonly address: string;
  /**
   * Its share of the keys in relation to the other servers: a number above 0. nginx takes whole ones only; a broken
   * one (0.1 for a server that warms up) takes a part of the points of weight 1.
   *
   * @default {1}
   */
  readonly weight?: number;
}

/**
 * Copies of servers with all defaults, checked as a table of servers needs it; `KetamaRing` and `MaglevTable` begin
 * with it, and so can a `ConsistentHash` of one's own.
 *
 * @throws {TypeError} if an address is empty or no text
 * @throws {RangeError} if an address comes twice, or a weight is not above 0
 *
 * @example
 * ```ts
 * import { checkHashServers } from "@pingo/pingo/ketama";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(checkHashServers([{ address: "a:80" }]), [{ address: "a:80", weight: 1 }]);
 * assertThrows(() => checkHashServers([{ address: "a:80", weight: 0 }]), RangeError);
 * ```
 */
export function checkHashServers(servers: readonly KetamaServer[]): Required<KetamaServer>[] {
  const addresses = new Set<string>();
  return servers.map((each) => {
    const server = checkServer(each);
    if (addresses.has(server.address)) {
      throw new RangeError(`Cannot place server ${server.address}: it is there already`);
    }
    addresses.add(server.address);
    return server;
  });
}

/** A copy with all defaults, or an error. */
export function checkServer(server: KetamaServer): Required<KetamaServer> {
  const { address, weight = 1 } = server;
  if (typeof address !== "string" || address === "") {
    throw new TypeError("Cannot place server: its address is no text, or empty");
  }
  if (!(weight > 0 && weight < Infinity)) {
    throw new RangeError(`Cannot place server ${address}: weight ${weight} is not above 0`);
  }
  return { address, weight };
}
