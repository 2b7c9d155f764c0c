/** A place that was taken, until it is disposed of. Disposing of it twice is harmless. */
export type Permit = Disposable;

/** Bounds how many things go on at the same time: fixed ({@linkcode ConcurrencyLimit}) or adaptive. */
export interface ConcurrencyGate {
  /** How many may go on now. */
  readonly limit: number;
  /** How many go on. */
  readonly inFlight: number;
  /** Takes a place if there is one. Each `true` needs one `leave`. */
  tryEnter(): boolean;
  /**
   * Gives a place back.
   *
   * @param durationMs how long it took, for gates that learn from it; left out when that says nothing about
   * the load, as when the client left or the answer came from a cache
   * @param agoMs how long ago it began, where that was more than the latency: a client that reads slowly
   * holds its place
   */
  leave(durationMs?: number, agoMs?: number): void;
}

/** Bounds how many things of one key go on at the same time. */
export interface KeyedConcurrencyGate {
  /** How many of one key may go on. */
  readonly limit: number;
  /** How many of a key go on. */
  inFlight(key: string): number;
  /** Takes a place of a key if there is one. Each `true` needs one `leave` of the same key. */
  tryEnter(key: string): boolean;
  /** Gives a place of a key back. */
  leave(key: string): void;
}
