import type { ListenAddress } from "./listen_address.ts";

/** Options of {@linkcode Listener.drain}. */
export interface DrainOptions {
  /**
   * What is in flight then is cut.
   *
   * @default {30000}
   */
  deadlineMs?: number;
  /** Brings the deadline forward to the moment when it fires. */
  signal?: AbortSignal;
}

/** How a drain ended. */
export interface DrainReport {
  /** How many exchanges the deadline cut; 0 when all ended by themselves. */
  readonly cut: number;
}

/** Connections that a listener closed without serving them; the `deno` engine closes none. */
export interface ListenerRefusals {
  /** Because there were too many, in all or from one address. */
  readonly tooMany: number;
  /** Because they did not begin with the PROXY header that is required from where they came. */
  readonly proxyHeader: number;
}

/** A place that requests come in at. */
export interface Listener extends AsyncDisposable {
  /** Where it listens, with the port that the system chose. */
  readonly address: ListenAddress;
  /** A URL that reaches it from this machine; `unix:/path` for a unix socket. */
  readonly url: string;
  /** The engine in use. */
  readonly engine: string;
  /** The protocols that it speaks. */
  readonly protocols: readonly string[];
  /** How many exchanges are on their way. */
  readonly inFlight: number;
  /** What it has refused so far. */
  readonly refusals: ListenerRefusals;
  /** One line for the start: URL, engine, protocols. */
  describe(): string;
  /**
   * Stops: replies say `Connection: close` from now on, so that clients with open connections go
   * elsewhere; until nothing has come for 50 ms, or for half a second, requests are still served; then
   * nothing is accepted any more, idle connections are closed, and what is in flight has until the
   * deadline to finish.
   *
   * At the deadline `exchange.cancel` fires with `server_stopping`: whoever has not answered gets a 503,
   * and replies on their way are cut. A stream that Deno sends natively ends with its source, or with
   * the process.
   *
   * A second call may bring the deadline forward, and gets the same report.
   *
   * @throws {RangeError} if the deadline is negative or NaN
   */
  drain(options?: DrainOptions): Promise<DrainReport>;
  /** Stops at once: a drain whose deadline has come. */
  close(): Promise<DrainReport>;
}
