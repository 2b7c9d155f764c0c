/**
 * Where a circuit stands:
 *
 * - `closed`: calls go through and are counted;
 * - `open`: calls are refused until the open time is over;
 * - `half_open`: a counted number of probes goes through, the rest is refused;
 * - `isolated`: somebody holds it open.
 *
 * An open circuit becomes half open with the first call that comes after its
 * time, not by a timer.
 */
export type CircuitState = "closed" | "open" | "half_open" | "isolated";

/** One change of a circuit's state, as its listeners hear of it. */
export interface CircuitChange {
  /** State before. */
  readonly from: CircuitState;
  /** State now. */
  readonly to: CircuitState;
  /** The failure that opened it; undefined for other changes. */
  readonly error?: unknown;
  /** How long it stays open at least; 0 unless it opened. */
  readonly openMs: number;
}

/** Hears what a circuit breaker does; each hook may be left out. */
export interface CircuitListener {
  /**
   * The state has changed, and is already the new one; a later one where a
   * listener that was told before has changed it again.
   */
  changed?(change: CircuitChange): void;
  /** A call was refused. */
  rejected?(state: CircuitState): void;
}

/**
 * What a circuit breaker knows, as JSON, for `initial` of another one: to keep
 * it over a restart or a reload. Who isolates a circuit holds it by hand, so
 * isolation is not in it.
 */
export interface CircuitSnapshot {
  /** A half-open circuit is saved as an open one whose time is over. */
  readonly state: "closed" | "open";
  /** Milliseconds since 1970 from which probes may pass; 0 when closed. */
  readonly openUntil: number;
  /** Duration of the present opening; 0 when closed. */
  readonly openMs: number;
  /** Openings since the circuit was closed last. */
  readonly openings: number;
  /** `name` of the strategy that counted. */
  readonly strategy: string;
  /** What the strategy's counter saved. */
  readonly count: unknown;
}
