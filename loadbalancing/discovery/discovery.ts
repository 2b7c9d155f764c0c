import type { BackendOptions } from "../backend_options.ts";

/** Where a discovery tells what it found. */
export interface DiscoverySink {
  /**
   * All backends there are now. A list that is no good, or empty, leaves the last good one in place.
   *
   * @param problem why a part of the list is old, or missing; null or left out when it is whole
   */
  update(backends: readonly BackendOptions[], problem?: unknown): void;
  /** Nothing could be found out: what is known stays. */
  fail(error: unknown): void;
}

/** What a discovery is told. */
export interface DiscoveryContext {
  /** Fires when it is to end. */
  readonly signal: AbortSignal;
}

/** A source of backends: the port behind which DNS, files and everything else lie. */
export interface Discovery {
  /** Names the source in logs, such as `srv _http._tcp.app.example`. */
  readonly source: string;
  /**
   * Tells the sink of backends until the signal fires, or until it is sure that nothing will change any more.
   * It goes on after failures; when it rejects it has ended.
   */
  run(sink: DiscoverySink, context: DiscoveryContext): Promise<void>;
}
