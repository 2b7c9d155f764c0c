import { checkFiniteMs, checkShare, checkWhole } from "../_number.ts";
import { TimeWindow } from "./_time_window.ts";
import type { TripCounter, TripStrategy } from "./trip_strategy.ts";

/** Options of {@linkcode failureRateOverTime}. */
export interface FailureRateOverTimeOptions {
  /**
   * Share of failures at which the circuit opens, above 0 and at most 1.
   * @default {0.5}
   */
  threshold?: number;
  /**
   * How far back calls count, from 1 ms on.
   * @default {10_000}
   */
  windowMs?: number;
  /**
   * With fewer calls in the window than these it never opens.
   * @default {20}
   */
  minCalls?: number;
  /**
   * Parts that the window slides by, 1 to 1000: the more, the smoother.
   * @default {10}
   */
  buckets?: number;
}

const MOST_BUCKETS = 1000;

/**
 * Opens when, of the calls that ended within some time, at least a share has
 * failed. Looked at with each failure: a success never opens a circuit.
 *
 * Calls are counted in buckets, of which the oldest is dropped whole: what is
 * looked at is between `windowMs` less one bucket and `windowMs`. Memory does
 * not depend on the number of calls.
 *
 * @throws {RangeError} if an option is out of its range
 *
 * @example
 * ```ts
 * import { CircuitBreaker, failureRateOverTime, FakeClock } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const trip = failureRateOverTime({ threshold: 0.5, windowMs: 1_000, minCalls: 2 });
 * const breaker = new CircuitBreaker({ trip, clock });
 * breaker.tryAcquire()?.failed();
 * clock.advance(1_000);
 * breaker.tryAcquire()?.failed(); // the first one is forgotten
 * assertEquals(breaker.state, "closed");
 * breaker.tryAcquire()?.failed();
 * assertEquals(breaker.state, "open");
 * ```
 */
export function failureRateOverTime(options: FailureRateOverTimeOptions = {}): TripStrategy {
  const { threshold = 0.5, windowMs = 10_000, minCalls = 20, buckets = 10 } = options;
  const action = "create failureRateOverTime";
  checkShare(action, "threshold", threshold);
  checkFiniteMs(action, "windowMs", windowMs, 1);
  checkWhole(action, "minCalls", minCalls, 1);
  checkWhole(action, "buckets", buckets, 1);
  if (buckets > MOST_BUCKETS) {
    throw new RangeError(`Cannot ${action}: buckets ${buckets} exceeds ${MOST_BUCKETS}`);
  }
  return {
    name: "rate_over_time",
    start: (clock) => new TimedRate(new TimeWindow(clock, windowMs, buckets), threshold, minCalls),
  };
}

class TimedRate implements TripCounter {
  readonly #window: TimeWindow;
  readonly #threshold: number;
  readonly #minCalls: number;

  constructor(window: TimeWindow, threshold: number, minCalls: number) {
    this.#window = window;
    this.#threshold = threshold;
    this.#minCalls = minCalls;
  }

  succeeded(): void {
    this.#window.add(0);
  }

  failed(): boolean {
    this.#window.add(1);
    const { calls, failures } = this.#window;
    return calls >= this.#minCalls && failures >= this.#threshold * calls;
  }

  reset(): void {
    this.#window.reset();
  }

  save(): unknown {
    return this.#window.save();
  }

  load(saved: unknown): void {
    this.#window.load(saved);
  }
}
