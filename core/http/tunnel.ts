/**
 * One end of a connection that carries no HTTP any more: what an upgrade (WebSocket) or CONNECT leaves.
 */
export interface Tunnel {
  /**
   * The next bytes, or null when the other side has ended its direction. They are valid until the next
   * call. Rejects when the connection breaks.
   */
  read(): Promise<Uint8Array | null>;
  /** Sends bytes; resolves when the system has taken all of them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the own direction; the other one goes on. */
  closeWrite(): Promise<void>;
  /** Closes the connection; what waits in `read` or `write` rejects. Harmless a second time. */
  close(): void;
}
