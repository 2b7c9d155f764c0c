import type { Rate } from "./rate.ts";

/** A rule as clients are told of it: the `RateLimit-Policy` field is written from it. */
export interface LimitPolicy extends Rate {
  /** Names the rule. */
  readonly name: string;
}

/** How a limit stands at a moment. */
export interface LimitState {
  /** The rule; of several the one that is nearest to its end. */
  readonly policy: LimitPolicy;
  /** The most units that can be taken at once. */
  readonly limit: number;
  /** Units that could be taken now; fractions of one are left out. */
  readonly remaining: number;
  /** Milliseconds until `remaining` is back at `limit` when nobody takes any. */
  readonly resetMs: number;
  /**
   * Milliseconds until as many units as were asked for can be taken; 0 when they can be (or were) now,
   * `Infinity` when there are never that many.
   */
  readonly retryAfterMs: number;
}

/** What a limiter says to one who asked for units, and how it stands afterwards. */
export interface Decision extends LimitState {
  /** Whether the units were taken: all that were asked for, or none. */
  readonly isAllowed: boolean;
}
