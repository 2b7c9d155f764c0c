import type { ListenAddress } from "./listen_address.ts";
import type { ListenerRefusals } from "./listener.ts";

/** What an engine gives the listener above it. */
export interface EngineServer {
  readonly engine: string;
  readonly protocols: readonly string[];
  /** With the port that the system chose. */
  readonly address: ListenAddress;
  /** What the start line should tell beside the rest. */
  readonly note: string;
  /** What it has refused so far. */
  readonly refusals: ListenerRefusals;
  /** Makes sure that nobody new finds the way, as far as that goes without closing the socket. */
  hide(): void;
  /**
   * Accepts no more, closes idle connections; settles when the last connection has closed, which may
   * be never. Never rejects.
   */
  stop(): Promise<void>;
  /** Closes what is open, where the engine has connections in its hands. */
  cut?(): void;
}
