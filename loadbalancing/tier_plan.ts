/** How many backends of a tier there are. */
export interface TierCount {
  /** Those that are enabled and have a weight. */
  readonly enabled: number;
  /** Those of them that are healthy and not ejected. */
  readonly available: number;
}

/** Options of {@linkcode planTiers}. */
export interface TierPlanOptions {
  /**
   * A tier takes all the traffic as long as this factor times its available share is at least 1; at least 1.
   * With 1.4 a tier spills when more than 29 % of it are gone.
   *
   * @default {1.4}
   */
  overprovisioning?: number;
  /**
   * When less than this share of a tier is available, and the tiers together cannot take the traffic, all
   * that are enabled are used: a health check that is wrong about most is likelier than that they are all
   * dead, and the few that are left would drown. From 0 (never) to 1.
   *
   * @default {0.5}
   */
  panicThreshold?: number;
}

/** What part of the traffic a tier gets. */
export interface TierShare {
  /** From 0 to 1; all tiers together have 1, or 0 when there is nobody. */
  readonly load: number;
  /** Whether all that are enabled are used, whatever their health. */
  readonly isPanicking: boolean;
}

/** Four sevenths and one seventh times 1.4 are 1, but not in binary. */
const ROUNDING = 1e-9;

/**
 * Shares the traffic among tiers, the first of which is to take all that it can.
 *
 * The health of a tier is its available share times `overprovisioning`, at most 1. Each tier in turn takes as
 * much as its health, until nothing is left. When all of them together have less than 1, the traffic is
 * shared by health, and tiers below the threshold panic; when every one of them panics, it is shared by how
 * many are enabled.
 *
 * Source: Envoy, priority levels, overprovisioning and panic threshold.
 *
 * @param tiers in the order of their priority
 * @throws {RangeError} when an option is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { planTiers } from "@pingo/pingo/loadbalancing";
 *
 * // Half of the first tier is gone: it takes 0.5 × 1.4 of the traffic.
 * const plan = planTiers([{ enabled: 4, available: 2 }, { enabled: 2, available: 2 }]);
 * assertEquals(plan.map(({ load }) => load.toFixed(2)), ["0.70", "0.30"]);
 * ```
 */
export function planTiers(
  tiers: readonly TierCount[],
  options: TierPlanOptions = {},
): TierShare[] {
  const { overprovisioning = 1.4, panicThreshold = 0.5 } = options;
  checkTierPlanOptions(overprovisioning, panicThreshold);
  const health = tiers.map(({ enabled, available }) =>
    enabled === 0 ? 0 : Math.min(1, available / enabled * overprovisioning)
  );
  const total = health.reduce((sum, each) => sum + each, 0);
  const isShort = total < 1 - ROUNDING;
  const panics = tiers.map(({ enabled, available }) =>
    isShort && enabled > 0 && available / enabled < panicThreshold
  );
  const enabledTotal = tiers.reduce((sum, { enabled }) => sum + enabled, 0);
  const areAllPanicking = enabledTotal > 0 &&
    tiers.every(({ enabled }, i) => enabled === 0 || panics[i]);
  if (areAllPanicking) {
    return tiers.map(({ enabled }) => ({
      load: enabled / enabledTotal,
      isPanicking: enabled > 0,
    }));
  }
  let rest = 1;
  return tiers.map((_, i) => {
    const load = isShort ? (total === 0 ? 0 : health[i] / total) : Math.min(rest, health[i]);
    rest -= load;
    return { load, isPanicking: panics[i] };
  });
}

/** @throws {RangeError} when one is out of its range */
export function checkTierPlanOptions(overprovisioning: number, panicThreshold: number): void {
  if (!(overprovisioning >= 1 && overprovisioning < Infinity)) {
    throw new RangeError(`Cannot plan tiers: overprovisioning ${overprovisioning} is below 1`);
  }
  if (!(panicThreshold >= 0 && panicThreshold <= 1)) {
    throw new RangeError(`Cannot plan tiers: panicThreshold ${panicThreshold} is not from 0 to 1`);
  }
}
