import type { Cancel, Peer } from "../../core/mod.ts";

/** What a check is told beside the peer. */
export interface HealthCheckContext {
  /** The id of the backend. */
  readonly id: string;
  /** Fires when the time is over, or the backend is gone; `cancel.signal` is the same for `fetch` and the like. */
  readonly cancel: Cancel;
}

/** A way to find out whether a backend is well: resolves when it is, rejects with the reason when it is not. */
export interface HealthCheck extends Partial<AsyncDisposable> {
  /** Checks once. */
  check(peer: Peer, context: HealthCheckContext): Promise<void>;
}

/** An own check: false, and what it throws, mean that the backend is not well. */
export type HealthCheckFunction = (
  peer: Peer,
  context: HealthCheckContext,
) => boolean | void | Promise<boolean | void>;
