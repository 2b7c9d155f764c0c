import type { Clock, Random } from "../timeout/mod.ts";
import type { Algorithm } from "./algorithm.ts";
import type { Backend } from "./backend.ts";
import type { BackendOptions } from "./backend_options.ts";
import type { BackendSet } from "./backend_set.ts";
import type { BackendSnapshot } from "./backend_snapshot.ts";
import type { BalancingMethodName } from "./balancing_method.ts";
import type { HashKey } from "./hash_key.ts";
import type { SlowStartOptions } from "./slow_start.ts";
import type { TierPlanOptions } from "./tier_plan.ts";

/** Makes an algorithm without candidates; each tier has one of its own. */
export type AlgorithmFactory = () => Algorithm<Backend>;

/** Options of {@linkcode LoadBalancer}. */
export interface LoadBalancerOptions extends TierPlanOptions {
  /** The backends: a set that others change too (discovery, health checks), or what one is made of. */
  backends: BackendSet | readonly (string | BackendOptions)[];
  /**
   * How one of them is chosen: a name, or what makes an algorithm: one of one's own, or one of the module's
   * with other options, `() => new KetamaBalancer([], { balanceFactor: 1.25 })`.
   *
   * @default {"round_robin"}
   */
  method?: BalancingMethodName | AlgorithmFactory;
  /**
   * What requests are hashed by, for algorithms that hash.
   *
   * @default {byClientAddress()}
   */
  keyOf?: HashKey;
  /**
   * Whether a backend may be chosen just now: the hook of a circuit breaker for each host. It is asked any
   * number of times for one choice, so it looks and takes nothing.
   *
   * @default every backend may
   */
  isEligible?: (backend: Backend) => boolean;
  /**
   * Gives a backend that was added or has recovered its weight little by little; what hashes does not look
   * at it.
   *
   * @default {null}
   */
  slowStart?: SlowStartOptions | null;
  /**
   * Where the balancer stands: within a priority, backends of this zone are used first, and the others take
   * what they cannot, as with priorities.
   *
   * @default {""}
   */
  zone?: string;
  /**
   * The clock of slow start and of `ewma`.
   *
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * Where chance comes from.
   *
   * @default {systemRandom}
   */
  random?: Random;
}

/** One tier of a balancer as it stands. */
export interface TierSnapshot {
  /** The priority of its backends. */
  readonly priority: number;
  /** Whether it is the part in the balancer's own zone; null where the balancer has no zone. */
  readonly isOwnZone: boolean | null;
  /** Its part of the traffic, from 0 to 1. */
  readonly load: number;
  /** Whether all that are enabled are used, whatever their health. */
  readonly isPanicking: boolean;
  /** The ids of those that can be chosen. */
  readonly candidates: readonly string[];
}

/** A balancer as plain data: what an admin page shows. */
export interface LoadBalancerSnapshot {
  /** The tiers in which somebody is enabled, in the order of their use. */
  readonly tiers: readonly TierSnapshot[];
  /** The backends, those too that were removed and have attempts under way (at the end). */
  readonly backends: readonly BackendSnapshot[];
}
