/**
 * Load balancing: {@linkcode LoadBalancer} chooses among backends by one of several algorithms, each of which
 * works alone too; backends have weight, state, health and leases and come in a set that is swapped atomically.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { LoadBalancer } from "@pingo/pingo/loadbalancing";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const balancer = new LoadBalancer({
 *   backends: ["10.0.0.1:80", { peer: "10.0.0.2:80", weight: 3 }],
 *   method: "least_conn",
 * });
 * balancer.backends.get("10.0.0.2:80")?.drain();
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead(), { client, clock: systemClock });
 * const selection = balancer.select(exchange, { tried: [] });
 * assertEquals(selection.peer.hostname, "10.0.0.1");
 * assertEquals(balancer.snapshot().backends.map(({ leases }) => leases), [1, 0]);
 * ```
 *
 * @module
 */
export {
  Backend,
  type BackendChange,
  type BackendListener,
  type BackendResult,
  type BackendState,
} from "./backend.ts";
export type { BackendOptions } from "./backend_options.ts";
export {
  type BackendEvent,
  type BackendListEvent,
  BackendSet,
  type BackendSetEvent,
} from "./backend_set.ts";
export type { BackendSnapshot, BackendStatistics } from "./backend_snapshot.ts";
export { type MaglevServer, MaglevTable, type MaglevTableOptions } from "./maglev_table.ts";
export type { Algorithm, Candidate, IsRefused, Observation, WeightOf } from "./algorithm.ts";
export { RoundRobin } from "./round_robin.ts";
export { type RandomOptions, WeightedRandom } from "./weighted_random.ts";
export { LeastConnection } from "./least_connection.ts";
export { PowerOfTwo } from "./power_of_two.ts";
export { PeakEwma, type PeakEwmaOptions } from "./peak_ewma.ts";
export type { HashOptions } from "./hash_options.ts";
export { KetamaBalancer } from "./ketama_balancer.ts";
export { MaglevBalancer } from "./maglev_balancer.ts";
export {
  BALANCING_METHODS,
  type BalancingMethod,
  balancingMethod,
  type BalancingMethodName,
  type BalancingMethodOptions,
} from "./balancing_method.ts";
export {
  byClientAddress,
  byCookie,
  byHeader,
  byPath,
  type ByPathOptions,
  type HashKey,
} from "./hash_key.ts";
export { planTiers, type TierCount, type TierPlanOptions, type TierShare } from "./tier_plan.ts";
export { slowStartFactor, type SlowStartOptions } from "./slow_start.ts";
export { LoadBalancer } from "./load_balancer.ts";
export type {
  AlgorithmFactory,
  LoadBalancerOptions,
  LoadBalancerSnapshot,
  TierSnapshot,
} from "./load_balancer_options.ts";
export type { BackendSelection, BackendUpstream } from "./backend_selection.ts";
export { HostBreakers, type HostBreakersOptions } from "./host_breakers.ts";
export { StickySession, type StickySessionOptions } from "./sticky_session.ts";
export { balancerMetrics, type BalancerMetricsOptions } from "./balancer_metrics.ts";
export { type OutcomeListener, type OutcomeSource, resultOf } from "./outcome.ts";
export * from "./health/mod.ts";
export * from "./discovery/mod.ts";
