import type { Clock } from "../clock.ts";
import { NO_CONTEXT } from "../_no_context.ts";
import type { CallContext, Operation, Policy } from "../policy.ts";
import type { RetryBudget } from "../retry/retry_budget.ts";
import { HedgedCall } from "./_hedged_call.ts";
import { type HedgeRules, hedgeRules } from "./_hedge_rules.ts";
import type { LatencyEstimate } from "./percentile_latency.ts";

/** Options of {@linkcode HedgePolicy}; `R` is what the operations give. */
export interface HedgePolicyOptions<R = unknown> {
  /**
   * How long to wait for an answer before the next attempt joins in: a time, or
   * an estimate, which is then fed with the latencies of the attempts. What its
   * `record` throws goes to `reportError`.
   */
  delayMs: number | LatencyEstimate;
  /**
   * Attempts altogether, the first one included; from 1 on.
   * @default {2}
   */
  maxAttempts?: number;
  /**
   * Which answers win. Another one counts as a failed attempt; when no attempt
   * does better, the last such answer is returned. What it throws fails the attempt.
   * @default {all}
   */
  isGood?: (result: R) => boolean;
  /**
   * Which errors end the whole call, where otherwise another attempt may still
   * win. What it throws ends it too.
   * @default {none}
   */
  isFatal?: (error: unknown) => boolean;
  /**
   * Gets each answer that is not returned, to cancel its body or give it back.
   * What it throws goes to `reportError`.
   * @default {nothing}
   */
  discard?: (result: R) => void;
  /**
   * Whether the call ends only when all losers have ended too.
   * @default {false}
   */
  waitForLosers?: boolean;
  /**
   * Bounds the extra attempts of all calls that share it.
   * @default {none}
   */
  budget?: RetryBudget;
  /**
   * Clock to measure and wait by.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * Sends a second attempt when the first one is slow, and takes the first good
 * answer (Dean and Barroso, "The Tail at Scale", CACM 2013). An attempt that
 * fails is followed by the next one at once. Losers are aborted by the signal
 * in their context; what they still answer goes to `discard`.
 *
 * Only for operations that may run twice, also at the same time: that is the
 * caller's to know (idempotent methods, RFC 9110 §9.2.2).
 *
 * @example
 * ```ts
 * import { FakeClock, HedgePolicy, sleep } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const policy = new HedgePolicy({ delayMs: 50, clock });
 * const answer = policy.call(async ({ attempt, signal }) => {
 *   await sleep(attempt === 1 ? 60_000 : 10, { clock, signal });
 *   return `attempt ${attempt}`;
 * });
 * await clock.advanceAsync(60);
 * assertEquals(await answer, "attempt 2");
 * assertEquals(clock.timerCount, 0);
 * ```
 */
export class HedgePolicy implements Policy {
  readonly #rules: HedgeRules<unknown>;

  /**
   * A policy without state but that of its budget and its estimate.
   *
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: HedgePolicyOptions) {
    this.#rules = hedgeRules(options);
  }

  /**
   * Calls the operation, and again while no good answer has come.
   *
   * @throws the error of the last attempt that failed, with the others as its cause
   * @throws the reason of the caller's signal when it fires
   */
  async call<T>(operation: Operation<T>, context: CallContext = NO_CONTEXT): Promise<T> {
    context.signal?.throwIfAborted();
    return await new HedgedCall<T>(this.#rules, operation, context.signal).run();
  }
}
