import type { Operation } from "../policy.ts";
import { RetryPolicy, type RetryPolicyOptions } from "./retry_policy.ts";

/** Options of {@linkcode withRetry}. */
export interface WithRetryOptions extends RetryPolicyOptions {
  /** Ends the call: no attempt follows, a pause ends at once. */
  signal?: AbortSignal;
}

/**
 * Makes several attempts: a {@linkcode RetryPolicy} for one call. Whether the
 * operation may be repeated at all is the caller's to know.
 *
 * @param operation gets the number of the attempt and a signal in its context
 * @throws the error of the last attempt, with the earlier ones as its cause
 * @throws {ProxyError} `deadline_exceeded` when `totalTimeoutMs` ends an attempt
 * @throws the reason of the signal when it fires
 * @throws {RangeError} if a number is out of its range
 *
 * @example
 * ```ts
 * import { FakeClock, withRetry } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const answer = withRetry(({ attempt }) => {
 *   if (attempt === 1) throw new Error("refused");
 *   return "fine";
 * }, { clock });
 * await clock.advanceAsync(100); // a pause of at most that
 * assertEquals(await answer, "fine");
 * ```
 */
export async function withRetry<T>(
  operation: Operation<T>,
  options: WithRetryOptions = {},
): Promise<T> {
  return await new RetryPolicy(options).call(operation, { signal: options.signal });
}
