import type { Clock } from "../timeout/mod.ts";

/** Options of `AdaptiveConcurrency`. The defaults are Envoy's. */
export interface AdaptiveConcurrencyOptions {
  /**
   * The least limit, which also holds in a probe; a whole number from 1 on.
   *
   * @default {3}
   */
  minLimit?: number;
  /**
   * The largest limit.
   *
   * @default {1000}
   */
  maxLimit?: number;
  /**
   * The limit behind the first probe.
   *
   * @default {minLimit}
   */
  initialLimit?: number;
  /**
   * How long latencies are gathered before the limit is set anew.
   *
   * @default {100}
   */
  windowMs?: number;
  /**
   * Which latency of a window or a probe counts: the one that this share of them is not above, from 0 to 1.
   *
   * @default {0.5}
   */
  percentile?: number;
  /**
   * By what share of the least latency things may be slower before the limit falls; from 0 on.
   *
   * @default {0.25}
   */
  tolerance?: number;
  /**
   * The pause between two probes.
   *
   * @default {60000}
   */
  probeIntervalMs?: number;
  /**
   * By up to which share of itself the pause is longer, by chance; from 0 on.
   *
   * @default {0.15}
   */
  probeJitter?: number;
  /**
   * How many latencies a probe takes.
   *
   * @default {50}
   */
  probeCalls?: number;
  /**
   * Clock to measure by.
   *
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * Chance, for the jitter and for the choice of latencies where there are many.
   *
   * @default {systemRandom}
   */
  random?: () => number;
}
