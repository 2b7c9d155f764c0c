import { promises as dns } from "node:dns";
import type { Resolver } from "./resolver.ts";

/** Options of {@linkcode systemResolver}. */
export interface SystemResolverOptions {
  /**
   * The DNS servers that are asked for times to live, as `address` or `address:port`.
   *
   * @default {the system's}
   */
  servers?: readonly string[];
}

/**
 * The system's resolver over node:dns. Addresses come from the system's own look-up, which knows the hosts
 * file, search domains and whatever else the machine is set up with, but no time to live; that one is
 * asked of DNS beside it.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { systemResolver } from "@pingo/pingo/core";
 *
 * assert((await systemResolver().lookup("localhost")).length > 0);
 * ```
 */
export function systemResolver(options: SystemResolverOptions = {}): Resolver {
  const resolver = new dns.Resolver();
  if (options.servers !== undefined) resolver.setServers(options.servers);
  return {
    async lookup(name) {
      const found = await dns.lookup(name, { all: true, verbatim: true });
      return found.map(({ address }) => address);
    },
    async ttlMs(name) {
      // RFC 6761 §6.3: never asked of DNS.
      if (name === "localhost" || name.endsWith(".localhost")) return null;
      const answers = await Promise.allSettled([
        resolver.resolve4(name, { ttl: true }),
        resolver.resolve6(name, { ttl: true }),
      ]);
      let seconds = Infinity;
      for (const answer of answers) {
        if (answer.status !== "fulfilled") continue;
        for (const { ttl } of answer.value) seconds = Math.min(seconds, ttl);
      }
      return seconds === Infinity ? null : seconds * 1_000;
    },
  };
}
