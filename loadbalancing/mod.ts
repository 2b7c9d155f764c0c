/**
 * Load balancing: backends with weight, state and health, in a set that is swapped atomically.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet } from "@pingo/pingo/loadbalancing";
 *
 * const set = new BackendSet(["10.0.0.1:80", "10.0.0.2:80"]);
 * set.get("10.0.0.1:80")?.drain();
 * assertEquals(set.backends.filter((backend) => backend.isAvailable).length, 1);
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
export { type OutcomeListener, type OutcomeSource, resultOf } from "./outcome.ts";
export * from "./health/mod.ts";
export * from "./discovery/mod.ts";
