import type { AttemptOutcome } from "../core/mod.ts";
import type { Backend, BackendResult } from "./backend.ts";

/** Hears how attempts end. */
export type OutcomeListener = (backend: Backend, outcome: AttemptOutcome) => void;

/** Where outcomes can be heard of: what a load balancer is to outlier ejection. */
export interface OutcomeSource {
  /**
   * Calls `fn` at the end of each attempt, when its lease is released.
   *
   * @returns a function that takes the listener back
   */
  onOutcome(fn: OutcomeListener): () => void;
}

/**
 * How an outcome counts for the backend. It has failed when the fault is the upstream's, when it answered
 * with a status from 500 on, or when the deadline came before any answer. What ends for a reason of the
 * client's or of the proxy's own counts as aborted.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { resultOf } from "@pingo/pingo/loadbalancing";
 *
 * assertEquals(resultOf({ status: 404, error: null, durationMs: 3 }), "succeeded");
 * assertEquals(resultOf({ status: 503, error: null, durationMs: 3 }), "failed");
 * assertEquals(resultOf({ status: 200, error: new ProxyError("client_gone"), durationMs: 3 }), "aborted");
 * ```
 */
export function resultOf(outcome: AttemptOutcome): BackendResult {
  const { status, error } = outcome;
  if (status !== null && status >= 500) return "failed";
  if (error === null) return status === null ? "failed" : "succeeded";
  if (error.source === "upstream") return "failed";
  return status === null && error.kind === "deadline_exceeded" ? "failed" : "aborted";
}
