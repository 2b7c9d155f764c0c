/**
 * Health of backends: active checks and passive outlier detection.
 *
 * @module
 */
export { classifyOutcome, type OutcomeClass } from "./classify_outcome.ts";
export {
  OutlierDetector,
  type OutlierDetectorOptions,
  type PassedChecks,
} from "./outlier_detector.ts";
export type { OutlierOptions } from "./outlier_options.ts";
export {
  type OutlierDecision,
  OutlierPolicy,
  type OutlierPolicyOptions,
  type OutlierRule,
  type OutlierSnapshot,
} from "./outlier_policy.ts";
export { type SuccessRateThreshold, successRateThreshold } from "./success_rate_threshold.ts";
export type { CheckedBackend, EjectableBackend, WatchedSet } from "./watched_set.ts";
