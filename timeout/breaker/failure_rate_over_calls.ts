import { checkShare, checkWhole } from "../_number.ts";
import type { TripCounter, TripStrategy } from "./trip_strategy.ts";

/** Options of {@linkcode failureRateOverCalls}. */
export interface FailureRateOverCallsOptions {
  /**
   * Share of failures at which the circuit opens, above 0 and at most 1.
   * @default {0.5}
   */
  threshold?: number;
  /**
   * How many of the last calls are looked at, 1 to 1,000,000; a byte each.
   * @default {100}
   */
  windowCalls?: number;
  /**
   * With fewer calls in the window than these it never opens.
   * @default {20}
   */
  minCalls?: number;
}

const MOST_CALLS = 1_000_000;

/**
 * Opens when, of the last calls, at least a share has failed. Looked at with
 * each failure: a success never opens a circuit.
 *
 * @throws {RangeError} if an option is out of its range, or `minCalls` exceeds `windowCalls`
 *
 * @example
 * ```ts
 * import { CircuitBreaker, failureRateOverCalls } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const trip = failureRateOverCalls({ threshold: 0.5, windowCalls: 10, minCalls: 4 });
 * const breaker = new CircuitBreaker({ trip });
 * breaker.tryAcquire()?.succeeded();
 * breaker.tryAcquire()?.failed();
 * breaker.tryAcquire()?.succeeded();
 * assertEquals(breaker.state, "closed");
 * breaker.tryAcquire()?.failed();
 * assertEquals(breaker.state, "open");
 * ```
 */
export function failureRateOverCalls(options: FailureRateOverCallsOptions = {}): TripStrategy {
  const { threshold = 0.5, windowCalls = 100, minCalls = 20 } = options;
  const action = "create failureRateOverCalls";
  checkShare(action, "threshold", threshold);
  checkWhole(action, "windowCalls", windowCalls, 1);
  checkWhole(action, "minCalls", minCalls, 1);
  if (windowCalls > MOST_CALLS) {
    throw new RangeError(`Cannot ${action}: windowCalls ${windowCalls} exceeds ${MOST_CALLS}`);
  }
  if (minCalls > windowCalls) {
    throw new RangeError(`Cannot ${action}: minCalls ${minCalls} exceeds windowCalls`);
  }
  return {
    name: "rate_over_calls",
    start: () => new CallWindow(windowCalls, threshold, minCalls),
  };
}

/** The outcomes of the last calls in a ring: 1 for a failure. */
class CallWindow implements TripCounter {
  readonly #ring: Uint8Array;
  readonly #threshold: number;
  readonly #minCalls: number;
  #next = 0;
  #calls = 0;
  #failures = 0;

  constructor(size: number, threshold: number, minCalls: number) {
    this.#ring = new Uint8Array(size);
    this.#threshold = threshold;
    this.#minCalls = minCalls;
  }

  succeeded(): void {
    this.#push(0);
  }

  failed(): boolean {
    this.#push(1);
    return this.#calls >= this.#minCalls &&
      this.#failures >= this.#threshold * this.#calls;
  }

  reset(): void {
    this.#ring.fill(0);
    this.#next = 0;
    this.#calls = 0;
    this.#failures = 0;
  }

  save(): unknown {
    const size = this.#ring.length;
    const first = this.#calls < size ? 0 : this.#next;
    let outcomes = "";
    for (let n = 0; n < this.#calls; n++) outcomes += this.#ring[(first + n) % size];
    return outcomes;
  }

  load(saved: unknown): void {
    if (typeof saved !== "string" || !/^[01]*$/.test(saved)) {
      throw new TypeError("Cannot load circuit: the outcomes are not a string of 0 and 1");
    }
    this.reset();
    // Of a larger window the newest calls.
    for (const outcome of saved.slice(-this.#ring.length)) this.#push(Number(outcome));
  }

  #push(outcome: number): void {
    const ring = this.#ring;
    const next = this.#next;
    this.#failures += outcome - ring[next]; // beyond the calls seen lie zeros
    ring[next] = outcome;
    this.#next = next + 1 === ring.length ? 0 : next + 1;
    if (this.#calls < ring.length) this.#calls++;
  }
}
