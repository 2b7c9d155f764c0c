import type { AttemptOutcome } from "../core/mod.ts";
import type { Backend, BackendResult } from "./backend.ts";
import { classifyOutcome } from "./health/classify_outcome.ts";

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
 * How an outcome counts for the backend. It has failed where {@linkcode classifyOutcome} finds a fault of it: it
 * answered with a status from 500 on, it could not be reached, its answer broke off, or the deadline came before
 * any answer. What ends for a reason of the client's or of the proxy's own counts as aborted.
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
  const what = classifyOutcome(outcome);
  if (what === "success") return outcome.error === null ? "succeeded" : "aborted";
  return what === "ignored" ? "aborted" : "failed";
}
