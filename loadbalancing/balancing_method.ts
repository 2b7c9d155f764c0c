import type { PeakEwmaOptions } from "./peak_ewma.ts";
import type { Algorithm, Candidate } from "./algorithm.ts";
import type { HashOptions } from "./hash_options.ts";
import { KetamaBalancer } from "./ketama_balancer.ts";
import { LeastConnection } from "./least_connection.ts";
import { MaglevBalancer } from "./maglev_balancer.ts";
import { PeakEwma } from "./peak_ewma.ts";
import { PowerOfTwo } from "./power_of_two.ts";
import { RoundRobin } from "./round_robin.ts";
import { WeightedRandom } from "./weighted_random.ts";

/** The names of the algorithms in a configuration, such as `loadBalancingMethod`. */
export type BalancingMethodName =
  | "round_robin"
  | "random"
  | "least_conn"
  | "p2c"
  | "ewma"
  | "ketama"
  | "maglev";

/** Options of the algorithms; each takes those that concern it. */
export interface BalancingMethodOptions extends PeakEwmaOptions, HashOptions {}

/** An algorithm by its name. */
export interface BalancingMethod {
  /** The name. */
  readonly name: BalancingMethodName;
  /** Makes one without candidates. */
  create<C extends Candidate>(options?: BalancingMethodOptions): Algorithm<C>;
}

/** All names, in the order of the documentation. */
export const BALANCING_METHODS: readonly BalancingMethodName[] = /* @__PURE__ */ Object.freeze([
  "round_robin",
  "random",
  "least_conn",
  "p2c",
  "ewma",
  "ketama",
  "maglev",
]);

const table: Readonly<Record<BalancingMethodName, BalancingMethod>> = {
  round_robin: {
    name: "round_robin",
    create: <C extends Candidate>() => new RoundRobin<C>(),
  },
  random: {
    name: "random",
    create: <C extends Candidate>(options: BalancingMethodOptions = {}) =>
      new WeightedRandom<C>([], options),
  },
  least_conn: {
    name: "least_conn",
    create: <C extends Candidate>() => new LeastConnection<C>(),
  },
  p2c: {
    name: "p2c",
    create: <C extends Candidate>(options: BalancingMethodOptions = {}) =>
      new PowerOfTwo<C>([], options),
  },
  ewma: {
    name: "ewma",
    create: <C extends Candidate>(options: BalancingMethodOptions = {}) =>
      new PeakEwma<C>([], options),
  },
  ketama: {
    name: "ketama",
    create: <C extends Candidate>(options: BalancingMethodOptions = {}) =>
      new KetamaBalancer<C>([], options),
  },
  maglev: {
    name: "maglev",
    create: <C extends Candidate>(options: BalancingMethodOptions = {}) =>
      new MaglevBalancer<C>([], options),
  },
};

/**
 * The algorithm of a name.
 *
 * | name | class | for |
 * | --- | --- | --- |
 * | `round_robin` | `RoundRobin` | equal requests on servers of known strength |
 * | `random` | `WeightedRandom` | very many servers, or many proxies |
 * | `least_conn` | `LeastConnection` | long or uneven requests |
 * | `p2c` | `PowerOfTwo` | the same, with many servers or proxies |
 * | `ewma` | `PeakEwma` | servers of uneven or changing speed |
 * | `ketama` | `KetamaBalancer` | caches: keys stay when servers change; as nginx |
 * | `maglev` | `MaglevBalancer` | the same, more even and faster to look up |
 *
 * @throws {TypeError} when there is none
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { balancingMethod } from "@pingo/pingo/loadbalancing";
 *
 * const least = balancingMethod("least_conn").create();
 * least.update([{ id: "a", weight: 1, leases: 3 }, { id: "b", weight: 1, leases: 2 }]);
 * assertEquals(least.pick()?.id, "b");
 * assertThrows(() => balancingMethod("fastest"), TypeError, "round_robin");
 * ```
 */
export function balancingMethod(name: string): BalancingMethod {
  if (!isBalancingMethodName(name)) {
    throw new TypeError(
      `Cannot balance by ${JSON.stringify(name)}: it is none of ${BALANCING_METHODS.join(", ")}`,
    );
  }
  return table[name];
}

function isBalancingMethodName(name: string): name is BalancingMethodName {
  return Object.hasOwn(table, name);
}
