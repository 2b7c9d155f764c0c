import type { Clock, LatencyEstimate, RetryBudget } from "../timeout/mod.ts";

/**
 * When a second peer is asked because the first one is slow (Dean and Barroso, "The Tail at Scale", CACM 2013).
 * The first good answer goes to the client, the other attempt is given up and its connection closed.
 *
 * Only requests that may arrive twice, at the same time even, are hedged: those of idempotent methods (RFC 9110
 * §9.2.2) without content, not even an empty one, that upgrade to nothing. An answer from 500 on is not good: it is passed on where the
 * other peer does no better. Filters run for both attempts up to the answer, and `Exchange.peer` is the one of
 * whom the answer is.
 */
export interface ProxyHedge {
  /**
   * How long the head of an answer is waited for until another peer is asked: a time from 0 on, or an estimate
   * such as `new PercentileLatency()` of timeout, which is fed with what attempts take.
   */
  delayMs: number | LatencyEstimate;
  /**
   * Bounds how many are sent, of all exchanges together. It may be that of `retry`, which each request pays
   * once then.
   *
   * @default {new RetryBudget({ ratio: 0.05, minPerSecond: 1 })}
   */
  budget?: RetryBudget;
  /**
   * Runs the delay, to the millisecond: a tick of the wheel that runs timeouts is longer than most delays.
   *
   * @default {systemClock}
   */
  clock?: Clock;
}

/** What came of hedging. */
export interface HedgeStatistics {
  /** Second attempts that were made. */
  readonly sent: number;
  /** Those of them whose answer went to the client. */
  readonly won: number;
}
