import type { Clock } from "../clock.ts";

/** The running count of one circuit breaker, made by its {@linkcode TripStrategy}. */
export interface TripCounter {
  /** A call went well. */
  succeeded(): void;
  /**
   * A call failed.
   *
   * @returns whether the circuit opens now
   */
  failed(): boolean;
  /** Forgets everything: the circuit has closed again. */
  reset(): void;
  /** The count as a JSON value, for a snapshot. */
  save(): unknown;
  /**
   * Takes over what `save` gave.
   *
   * @throws {TypeError} if it is something else; the count is then unchanged
   */
  load(saved: unknown): void;
}

/**
 * When a circuit breaker opens: `consecutiveFailures`, `failureRateOverCalls`,
 * `failureRateOverTime`, or an own one. A strategy is a value without state:
 * one may serve thousands of breakers, each of which starts its own counter.
 */
export interface TripStrategy {
  /** Tells in a snapshot whose count it holds. */
  readonly name: string;
  /** A counter that has seen nothing yet. */
  start(clock: Clock): TripCounter;
}
