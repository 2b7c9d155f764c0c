import { type Clock, systemClock } from "../clock.ts";
import { checkFiniteMs, checkWhole } from "../_number.ts";
import type { RetryBudget } from "../retry/retry_budget.ts";
import type { HedgePolicyOptions } from "./hedge_policy.ts";
import type { LatencyEstimate } from "./percentile_latency.ts";

/** The options, checked and complete. */
export interface HedgeRules<R> {
  readonly delayMs: number | LatencyEstimate;
  readonly maxAttempts: number;
  readonly isGood: (result: R) => boolean;
  readonly isFatal: (error: unknown) => boolean;
  readonly discard: (result: R) => void;
  readonly waitForLosers: boolean;
  readonly budget: RetryBudget | undefined;
  readonly clock: Clock;
}

/** @throws {RangeError} if a number is out of its range */
export function hedgeRules<R>(options: HedgePolicyOptions<R>): HedgeRules<R> {
  const {
    delayMs,
    maxAttempts = 2,
    isGood = () => true,
    isFatal = () => false,
    discard = () => {},
    waitForLosers = false,
    budget,
    clock = systemClock,
  } = options;
  if (typeof delayMs === "number") checkFiniteMs("hedge", "delayMs", delayMs);
  checkWhole("hedge", "maxAttempts", maxAttempts, 1);
  return { delayMs, maxAttempts, isGood, isFatal, discard, waitForLosers, budget, clock };
}
