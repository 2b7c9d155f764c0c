import type { Operation } from "../policy.ts";
import { HedgedCall } from "./_hedged_call.ts";
import { hedgeRules } from "./_hedge_rules.ts";
import type { HedgePolicyOptions } from "./hedge_policy.ts";

/** Options of {@linkcode hedge}. */
export interface HedgeOptions<R> extends HedgePolicyOptions<R> {
  /** Ends the call and all its attempts. */
  signal?: AbortSignal;
}

/**
 * Sends a second attempt when the first one is slow, and takes the first good
 * answer: a `HedgePolicy` for one call. Losers are aborted by the signal in
 * their context; what they still answer goes to `discard`.
 *
 * Only for operations that may run twice, also at the same time: that is the
 * caller's to know (idempotent methods, RFC 9110 §9.2.2).
 *
 * @throws the error of the last attempt that failed, with the others as its cause
 * @throws the reason of the signal when it fires
 * @throws {RangeError} if a number is out of its range
 *
 * @example
 * ```ts
 * import { FakeClock, hedge, sleep } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const answer = hedge(async ({ attempt = 1, signal }) => {
 *   await sleep(1_000 / attempt, { clock, signal });
 *   return attempt;
 * }, { delayMs: 100, maxAttempts: 3, clock });
 * await clock.advanceAsync(1_000);
 * assertEquals(await answer, 3); // begun at 200 ms, it answers at 533
 * ```
 */
export async function hedge<T>(operation: Operation<T>, options: HedgeOptions<T>): Promise<T> {
  const rules = hedgeRules(options);
  options.signal?.throwIfAborted();
  return await new HedgedCall(rules, operation, options.signal).run();
}
