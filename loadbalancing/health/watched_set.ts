import type { Peer } from "../../core/mod.ts";

/** What health checks and outlier detection need of a set of backends; a `BackendSet` is one. */
export interface WatchedSet<Backend> {
  /** The backends as they are now: another list after each change of it, with the same objects for those that stay. */
  readonly backends: readonly Backend[];
  /**
   * Calls `fn` when the list has changed; more calls do no harm.
   *
   * @returns a function that takes the listener back
   */
  onChange(fn: () => void): () => void;
}

/** What health checks need of a backend. */
export interface CheckedBackend {
  /** Names it in logs and snapshots. */
  readonly id: string;
  /** Where it is. */
  readonly peer: Peer;
  /** Whether it passes its checks. */
  readonly isHealthy: boolean;
  /** Sets `isHealthy`. */
  markHealthy(isHealthy: boolean): void;
}

/** What outlier detection needs of a backend. */
export interface EjectableBackend {
  /** Names it in logs and snapshots. */
  readonly id: string;
  /** Takes it out of the choice. */
  eject(): void;
  /** Takes it back in. */
  restore(): void;
}
