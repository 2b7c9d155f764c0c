import type { ProxyError } from "../../errors/mod.ts";
import type { Exchange } from "./exchange.ts";
import type { Peer } from "./peer.ts";

/** How one attempt at a peer ended. */
export interface AttemptOutcome {
  /** The status that the peer answered with; null when it gave no answer. */
  readonly status: number | null;
  /** Why the attempt failed; null when the answer came whole. */
  readonly error: ProxyError | null;
  /** From the selection to the end. */
  readonly durationMs: number;
}

/** A peer that was chosen, and how the chooser hears of what came of it. */
export interface Selection {
  /** The peer. */
  readonly peer: Peer;
  /**
   * Called exactly once when the attempt has ended, whatever way: answered to the last byte, failed,
   * aborted, retried. Leases are released and statistics fed here.
   */
  readonly settle?: (outcome: AttemptOutcome) => void;
}

/** Options of {@linkcode Upstream.select}. */
export interface SelectOptions {
  /** The peers that this exchange has been sent to before, in order. */
  readonly tried: readonly Peer[];
}

/** Chooses a peer for an attempt: what a load balancer is to a proxy. */
export interface Upstream {
  /**
   * Chooses.
   *
   * Throws a `ProxyError` such as `no_upstream` when there is nobody to choose.
   */
  select(
    exchange: Exchange,
    options: SelectOptions,
  ): Selection | Promise<Selection>;
}
