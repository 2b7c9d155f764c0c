/**
 * Health of backends: active checks and passive outlier detection.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, HealthChecker, OutlierDetector, tcpCheck } from "@pingo/pingo/loadbalancing";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const set = new BackendSet([`127.0.0.1:${listener.addr.port}`, "127.0.0.1:1"]);
 * await using checker = new HealthChecker(set, { check: tcpCheck(), intervalMs: 1_000 });
 * using detector = new OutlierDetector(set, { healthChecks: checker });
 * checker.start();
 * detector.start(); // and balancer.onOutcome(detector.report)
 * await checker.whenChecked();
 * assertEquals(set.backends.map(({ isHealthy }) => isHealthy), [true, false]);
 * ```
 *
 * @module
 */
export { classifyOutcome, type OutcomeClass } from "./classify_outcome.ts";
export type { HealthCheck, HealthCheckContext, HealthCheckFunction } from "./health_check.ts";
export { HealthChecker, type HealthSnapshot } from "./health_checker.ts";
export type { HealthCheckerOptions } from "./health_checker_options.ts";
export { healthCheckService, type HealthCheckServiceOptions } from "./health_check_service.ts";
export { httpCheck, type HttpCheckOptions, type StatusRange } from "./http_check.ts";
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
export { RiseFall, type RiseFallOptions } from "./rise_fall.ts";
export { type SuccessRateThreshold, successRateThreshold } from "./success_rate_threshold.ts";
export { tcpCheck, type TcpCheckOptions } from "./tcp_check.ts";
export type { CheckedBackend, EjectableBackend, WatchedSet } from "./watched_set.ts";
