/**
 * Discovery of backends: static, by DNS, by a watched file, or by an own source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, iterableDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * async function* fromMyApi() {
 *   yield ["10.0.0.1:80", "10.0.0.2:80"];
 *   throw new Error("the API is down");
 * }
 * const set = new BackendSet();
 * await using feed = new DiscoveryFeed(set, iterableDiscovery(fromMyApi()));
 * feed.start();
 * await feed.whenEnded();
 * assertEquals(set.backends.length, 2);
 * assertEquals(feed.snapshot().problem, "the API is down");
 * ```
 *
 * @module
 */
export type { Discovery, DiscoveryContext, DiscoverySink } from "./discovery.ts";
export {
  DiscoveryFeed,
  type DiscoveryFeedOptions,
  type DiscoverySnapshot,
  type FedSet,
} from "./discovery_feed.ts";
export { discoveryService, type DiscoveryServiceOptions } from "./discovery_service.ts";
export { dnsDiscovery } from "./dns_discovery.ts";
export { type FileAccess, systemFileAccess } from "./file_access.ts";
export { fileDiscovery, type FileDiscoveryOptions } from "./file_discovery.ts";
export {
  type BackendLists,
  iterableDiscovery,
  type IterableDiscoveryOptions,
} from "./iterable_discovery.ts";
export type { NameDiscoveryOptions } from "./name_discovery_options.ts";
export {
  type AddressFamily,
  type AddressRecord,
  type LookupOptions,
  type NameLookup,
  type ServiceRecord,
  systemNameLookup,
  type SystemNameLookupOptions,
} from "./name_lookup.ts";
export { type BackendListFormat, parseBackendList } from "./parse_backend_list.ts";
export { srvDiscovery } from "./srv_discovery.ts";
export { staticDiscovery } from "./static_discovery.ts";
