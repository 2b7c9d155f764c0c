import { checkWhole } from "../_number.ts";
import { savedCount } from "./_saved.ts";
import type { TripCounter, TripStrategy } from "./trip_strategy.ts";

/**
 * Opens after so many failures in a row; a success starts the row anew. The
 * cheapest strategy, and the right one for few calls. Under load a server that
 * fails each second call never makes a long row: there a failure rate is better.
 *
 * @param failures how many, from 1 on
 * @throws {RangeError} if it is not a whole number from 1 on
 *
 * @example
 * ```ts
 * import { CircuitBreaker, consecutiveFailures } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const breaker = new CircuitBreaker({ trip: consecutiveFailures(2) });
 * breaker.tryAcquire()?.failed();
 * assertEquals(breaker.state, "closed");
 * breaker.tryAcquire()?.failed();
 * assertEquals(breaker.state, "open");
 * ```
 */
export function consecutiveFailures(failures: number): TripStrategy {
  checkWhole("create consecutiveFailures", "failures", failures, 1);
  return { name: "consecutive", start: () => new Row(failures) };
}

class Row implements TripCounter {
  readonly #limit: number;
  #failures = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): boolean {
    return ++this.#failures >= this.#limit;
  }

  reset(): void {
    this.#failures = 0;
  }

  save(): unknown {
    return this.#failures;
  }

  load(saved: unknown): void {
    this.#failures = savedCount(saved);
  }
}
