import { peerAddress } from "../../core/mod.ts";
import type { BackendOptions } from "../backend_options.ts";
import { discoveredPeer } from "./_discovered_peer.ts";
import { HostAddressBook, type HostAddresses } from "./_host_addresses.ts";
import { poll } from "./_poll.ts";
import type { Discovery } from "./discovery.ts";
import { checkNameDiscovery, type NameDiscoveryOptions } from "./name_discovery_options.ts";
import type { ServiceRecord } from "./name_lookup.ts";

/**
 * Backends by the SRV records of a name (RFC 2782): one for each address of each target.
 *
 * The lowest priority of the records becomes tier 0, the next one tier 1, and so on. Weights are kept, but 0,
 * which means "hardly ever" in DNS and "never" here, becomes 1. node:dns tells no time to live of SRV records:
 * all is looked up again when the shortest one of the addresses is over. A target must have an address (RFC 2782): one
 * that has none any more keeps its last ones, and counts as a failure.
 *
 * @param name the name, such as `_http._tcp.app.example`
 * @throws {TypeError} when the name is empty, or a family is unknown
 * @throws {RangeError} when an option makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, srvDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * // Left out, DNS is asked.
 * const lookup = {
 *   addresses: (name: string) =>
 *     Promise.resolve([{ address: name === "a.example" ? "192.0.2.1" : "192.0.2.2", ttlMs: 5_000 }]),
 *   services: () =>
 *     Promise.resolve([
 *       { target: "b.example", port: 80, priority: 20, weight: 0 },
 *       { target: "a.example", port: 8080, priority: 10, weight: 5 },
 *     ]),
 * };
 * const set = new BackendSet();
 * const discovery = srvDiscovery("_http._tcp.app.example", { lookup, families: ["ipv4"] });
 * await using feed = new DiscoveryFeed(set, discovery);
 * feed.start();
 * await feed.whenFound();
 * assertEquals(set.backends.map(({ id, priority, weight }) => [id, priority, weight]), [
 *   ["192.0.2.1:8080", 0, 5],
 *   ["192.0.2.2:80", 1, 1],
 * ]);
 * ```
 */
export function srvDiscovery(name: string, options: NameDiscoveryOptions = {}): Discovery {
  const checked = checkNameDiscovery(name, options);
  const { lookup, families, minTtlMs, maxTtlMs, retryMs, clock } = checked;
  return {
    source: `srv ${name}`,
    async run(sink, { signal }) {
      const book = new HostAddressBook(lookup, families);
      await poll(async () => {
        let records: ServiceRecord[];
        try {
          records = inOrder(await lookup.services(name, { signal }));
        } catch (error) {
          signal.throwIfAborted();
          sink.fail(error);
          return retryMs;
        }
        const hosts = [...new Set(records.map(({ target }) => target))];
        book.keepOnly(new Set(hosts));
        const found = await Promise.all(
          hosts.map((host) => book.find(host, { signal, mustExist: true })),
        );
        const byHost = new Map(hosts.map((host, n) => [host, found[n]]));
        const backends = backendsOf(records, byHost, checked);
        const problem = found.find((each) => each.problem !== null)?.problem ?? null;
        sink.update(backends, problem);
        if (problem !== null || backends.length === 0) return retryMs;
        const ttlMs = Math.min(...found.map((each) => each.ttlMs));
        return Math.min(Math.max(ttlMs, minTtlMs), maxTtlMs);
      }, { clock, signal });
    },
  };
}

function backendsOf(
  records: readonly ServiceRecord[],
  byHost: ReadonlyMap<string, HostAddresses>,
  options: Required<NameDiscoveryOptions>,
): BackendOptions[] {
  const tiers = [...new Set(records.map(({ priority }) => priority))];
  const backends = new Map<string, BackendOptions>();
  for (const { target, port, priority, weight } of records) {
    for (const address of byHost.get(target)?.addresses ?? []) {
      const peer = discoveredPeer(address, port, target, options);
      const id = peerAddress(peer);
      // The same server under two names counts where it is preferred.
      if (backends.has(id)) continue;
      const tier = Math.min(tiers.indexOf(priority), LAST_TIER);
      backends.set(id, { peer, priority: tier, weight: Math.max(1, weight), zone: options.zone });
    }
  }
  return [...backends.values()];
}

/** `BackendOptions.priority` goes no further. */
const LAST_TIER = 127;

/** By priority, then in an order that does not depend on the server's. A target of "." and port 0 offer nothing. */
function inOrder(records: readonly ServiceRecord[]): ServiceRecord[] {
  const key = ({ target, port }: ServiceRecord): string => `${target}:${port}`;
  return records.filter(({ target, port }) => target !== "" && port > 0).sort((a, b) =>
    a.priority - b.priority || (key(a) < key(b) ? -1 : 1)
  );
}
