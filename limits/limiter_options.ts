import type { Clock } from "../timeout/mod.ts";

/** Options of every limiter. */
export interface LimiterOptions {
  /**
   * Names the rule in `RateLimit` fields; visible ASCII and blanks.
   *
   * @default {"default"}
   */
  name?: string;
  /**
   * Clock to count by.
   *
   * @default {systemClock}
   */
  clock?: Clock;
}

/** Options of a limiter that can be waited for. */
export interface RateLimiterOptions extends LimiterOptions {
  /**
   * How many may wait; a whole number from 0 on. More are turned away at once.
   *
   * @default {10000}
   */
  maxWaiting?: number;
}
