/** What a {@linkcode Backoff} may decide by. */
export interface BackoffStep {
  /** Number of the retry that the pause precedes: 1 for the second attempt. */
  readonly retry: number;
  /** The pause before this one; 0 before the first. */
  readonly previousMs: number;
  /** What the attempt before ended with. */
  readonly error: unknown;
}

/**
 * How long to pause before a retry, in milliseconds: a function without state,
 * so that one serves every call. `constantBackoff`, `exponentialBackoff`,
 * `decorrelatedBackoff`, `honourRetryAfter`, or an own one.
 */
export type Backoff = (step: BackoffStep) => number;
