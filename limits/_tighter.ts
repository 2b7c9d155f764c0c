import type { LimitState } from "./limit_state.ts";

/** The one that lets nothing through for the longer time; else the one that has less left. */
export function tighter(a: LimitState, b: LimitState): LimitState {
  if (a.retryAfterMs !== b.retryAfterMs) return a.retryAfterMs > b.retryAfterMs ? a : b;
  return b.remaining < a.remaining ? b : a;
}
