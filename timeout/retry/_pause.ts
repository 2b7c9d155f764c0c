import type { Backoff, BackoffStep } from "./backoff.ts";

/** @throws {RangeError} if a user's backoff gives no finite duration */
export function pauseOf(backoff: Backoff, step: BackoffStep): number {
  const ms = backoff(step);
  if (ms >= 0 && ms < Infinity) return ms;
  throw new RangeError(`Cannot pause: the backoff gave ${ms} ms for retry ${step.retry}`);
}
