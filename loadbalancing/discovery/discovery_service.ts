import { backgroundService, type Service } from "../../core/mod.ts";
import { untilAborted } from "../_until_aborted.ts";
import type { DiscoveryFeed } from "./discovery_feed.ts";

/** Options of {@linkcode discoveryService}. */
export interface DiscoveryServiceOptions {
  /**
   * Names of services that must be ready before it starts.
   *
   * @default {[]}
   */
  dependsOn?: readonly string[];
  /**
   * Whether the service is ready only with the first good list. Else it is at once, for a set that has
   * backends from the beginning.
   *
   * @default {true}
   */
  waitsForFirst?: boolean;
}

/**
 * A feed as a service of a `Server`: services that depend on it start when the first good list is there.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, Server } from "@pingo/pingo/core";
 * import {
 *   BackendSet,
 *   DiscoveryFeed,
 *   discoveryService,
 *   staticDiscovery,
 * } from "@pingo/pingo/loadbalancing";
 *
 * const set = new BackendSet();
 * const feed = new DiscoveryFeed(set, staticDiscovery(["10.0.0.1:80"]));
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * server.addService(discoveryService("discovery", feed));
 * await server.start();
 * assertEquals(set.backends.length, 1);
 * ```
 */
export function discoveryService(
  name: string,
  feed: DiscoveryFeed,
  options: DiscoveryServiceOptions = {},
): Service {
  const { dependsOn = [], waitsForFirst = true } = options;
  return backgroundService(name, async ({ signal, ready }) => {
    feed.start();
    try {
      if (waitsForFirst) feed.whenFound().then(ready);
      else ready();
      await untilAborted(signal);
    } finally {
      await feed.stop();
    }
  }, { dependsOn });
}
