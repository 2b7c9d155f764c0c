/** How a connection ended: after its use, or while idle, closed by the upstream or with stray bytes. */
export type ConnectionEnd = "used" | "dead" | "dirty";

/** Who a connection belongs to: a pool. */
export interface ConnectionOwner {
  /** Whether the connection is wanted for another exchange; it is closed if not. */
  wantsBack(): boolean;
  /** The connection can carry the next exchange. */
  isIdle(): void;
  /** The connection is closed. Called exactly once. */
  hasEnded(end: ConnectionEnd): void;
}
