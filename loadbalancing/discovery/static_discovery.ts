import type { BackendOptions } from "../backend_options.ts";
import type { Discovery } from "./discovery.ts";

/**
 * Backends that are known from the beginning and never change.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, staticDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * const set = new BackendSet();
 * await using feed = new DiscoveryFeed(set, staticDiscovery(["10.0.0.1:80", "10.0.0.2:80"]));
 * feed.start();
 * await feed.whenFound();
 * assertEquals(set.backends.length, 2);
 * ```
 */
export function staticDiscovery(backends: readonly (string | BackendOptions)[]): Discovery {
  const list = backends.map((each) => typeof each === "string" ? { peer: each } : each);
  return {
    source: "static",
    run(sink) {
      sink.update(list);
      return Promise.resolve();
    },
  };
}
