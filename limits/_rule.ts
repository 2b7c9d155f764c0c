import type { Decision, LimitPolicy, LimitState } from "./limit_state.ts";

/**
 * How much too early, in milliseconds, units may be taken. A double cannot hold every moment, so that what
 * comes exactly when it was told to would now and then be too early by its last bit. What is taken too
 * early stays owed: it does not add up.
 */
export const EARLY_MS = 1 / 1024;

/** One algorithm: counts, and knows nothing of clocks, waiting and header fields. */
export interface Rule {
  readonly policy: LimitPolicy;
  /** The most units that can be taken at once. */
  readonly limit: number;
  /** Takes units, or none of them. */
  take(n: number, now: number): boolean;
  /** Milliseconds until units can be taken: 0 for now, Infinity for never. */
  delayMs(n: number, now: number): number;
  /** Whole units that can be taken now. */
  remaining(now: number): number;
  /** Milliseconds until all can be taken. */
  resetMs(now: number): number;
}

/** @throws {RangeError} if a number of units is negative or not finite */
export function checkUnits(n: number): number {
  if (!(n >= 0 && n < Infinity)) {
    throw new RangeError(`Cannot take ${n} units: write a finite number from 0 on`);
  }
  return n;
}

/** How a rule stands. */
export function stateOf(rule: Rule, n: number, now: number): LimitState {
  return {
    policy: rule.policy,
    limit: rule.limit,
    remaining: rule.remaining(now),
    resetMs: rule.resetMs(now),
    retryAfterMs: rule.delayMs(n, now),
  };
}

/** What a rule says to one who asked. */
export function decisionOf(rule: Rule, n: number, now: number, isAllowed: boolean): Decision {
  return {
    isAllowed,
    policy: rule.policy,
    limit: rule.limit,
    remaining: rule.remaining(now),
    resetMs: rule.resetMs(now),
    retryAfterMs: isAllowed ? 0 : rule.delayMs(n, now),
  };
}

/** @throws {RangeError} if a number of units is negative, not finite or broken */
export function checkWholeUnits(n: number): number {
  if (!Number.isInteger(n) || n < 0) {
    throw new RangeError(`Cannot take ${n} units: write a whole number from 0 on`);
  }
  return n;
}
