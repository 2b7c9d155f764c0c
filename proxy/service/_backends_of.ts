import { type Peer, peer } from "../../core/mod.ts";
import type { BackendOptions } from "../../loadbalancing/mod.ts";

/**
 * The backends of a list of upstreams. A peer that stands there twice gets twice as much: it is one backend
 * of twice the weight.
 *
 * @throws {TypeError} when there is none, or an address cannot be understood
 */
export function backendsOf(
  upstreams: readonly (string | Peer | BackendOptions)[],
): readonly BackendOptions[] {
  if (upstreams.length === 0) {
    throw new TypeError("Cannot choose an upstream: upstreams is empty");
  }
  const backends = new Map<string | BackendOptions, BackendOptions>();
  for (const each of upstreams) {
    if (typeof each === "object" && "peer" in each) {
      backends.set(each, each);
      continue;
    }
    const target = typeof each === "string" ? peer(each) : each;
    const key = JSON.stringify(target);
    const { weight = 0 } = backends.get(key) ?? {};
    backends.set(key, { peer: target, weight: weight + 1 });
  }
  return [...backends.values()];
}
