import type { BackendOptions } from "../backend_options.ts";
import { discoveredPeer } from "./_discovered_peer.ts";
import { HostAddressBook } from "./_host_addresses.ts";
import { poll } from "./_poll.ts";
import type { Discovery } from "./discovery.ts";
import { checkNameDiscovery, type NameDiscoveryOptions } from "./name_discovery_options.ts";

/**
 * Backends by the A and AAAA records of a name: one for each address, all on one port. It is looked up again
 * when its time to live is over. While nobody answers for one family, its last addresses stay.
 *
 * @param name the name; the hosts file is not looked at
 * @param port the port of all backends
 * @throws {TypeError} when the name is empty, or a family is unknown
 * @throws {RangeError} when the port or an option makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, dnsDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * // Left out, DNS is asked.
 * const lookup = {
 *   addresses: (_name: string, family: string) =>
 *     Promise.resolve(family === "ipv4" ? [{ address: "192.0.2.1", ttlMs: 30_000 }] : []),
 *   services: () => Promise.resolve([]),
 * };
 * const set = new BackendSet();
 * await using feed = new DiscoveryFeed(set, dnsDiscovery("app.example", 8080, { lookup }));
 * feed.start();
 * await feed.whenFound();
 * assertEquals(set.backends.map(({ id }) => id), ["192.0.2.1:8080"]);
 * ```
 */
export function dnsDiscovery(
  name: string,
  port: number,
  options: NameDiscoveryOptions = {},
): Discovery {
  const checked = checkNameDiscovery(name, options);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`Cannot discover backends: the port ${port} is not from 1 to 65535`);
  }
  const { lookup, families, minTtlMs, maxTtlMs, retryMs, zone, clock } = checked;
  return {
    source: `dns ${name}:${port}`,
    async run(sink, { signal }) {
      const book = new HostAddressBook(lookup, families);
      await poll(async () => {
        const { addresses, ttlMs, problem } = await book.find(name, { signal });
        const backends = addresses.map((address): BackendOptions => {
          return { peer: discoveredPeer(address, port, name, checked), zone };
        });
        sink.update(backends, problem);
        if (problem !== null || addresses.length === 0) return retryMs;
        return Math.min(Math.max(ttlMs, minTtlMs), maxTtlMs);
      }, { clock, signal });
    },
  };
}
