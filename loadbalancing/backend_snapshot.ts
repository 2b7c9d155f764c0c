import type { BackendState } from "./backend.ts";

/** What came of the attempts at a backend. */
export interface BackendStatistics {
  /** How often it was chosen. */
  readonly selected: number;
  /** Attempts that it answered with a status below 500, to the last byte. */
  readonly succeeded: number;
  /** Attempts that it failed: no answer, a broken one, or a status from 500 on. */
  readonly failed: number;
  /** Attempts that ended for a reason that is not its own, as when the client left. */
  readonly aborted: number;
  /** Smoothed time to the head of an answer, in milliseconds; null before the first one. */
  readonly latencyMs: number | null;
}

/** A backend as plain data: what an admin page shows. */
export interface BackendSnapshot {
  /** What it is known by. */
  readonly id: string;
  /** The address of its peer. */
  readonly address: string;
  /** Its share of the traffic. */
  readonly weight: number;
  /** Its tier. */
  readonly priority: number;
  /** Where it stands; empty when nobody said. */
  readonly zone: string;
  /** How many attempts may be under way; null for no limit. */
  readonly maxConnections: number | null;
  /** What the operator wants of it. */
  readonly state: BackendState;
  /** What active health checks think of it. */
  readonly isHealthy: boolean;
  /** Whether outlier ejection keeps traffic from it. */
  readonly isEjected: boolean;
  /** Whether it may be chosen. */
  readonly isAvailable: boolean;
  /** Attempts that are under way. */
  readonly leases: number;
  /** What came of the attempts so far. */
  readonly statistics: BackendStatistics;
}
