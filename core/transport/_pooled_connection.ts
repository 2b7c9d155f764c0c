import { ClientConnection, type ClientContext, type ConnectionEnd } from "../http1/client/mod.ts";
import type { Dialled } from "./dial/mod.ts";
import type { ConnectionInfo } from "./transport.ts";

/** The pool that a connection belongs to. */
export interface ConnectionPool {
  wantsBack(pooled: PooledConnection): boolean;
  isIdle(pooled: PooledConnection): void;
  hasEnded(pooled: PooledConnection, end: ConnectionEnd): void;
}

/** A connection with what its pool keeps beside it. */
export class PooledConnection {
  readonly connection: ClientConnection;
  readonly #fresh: ConnectionInfo;
  readonly #reused: ConnectionInfo;

  constructor(dialled: Dialled, context: ClientContext, pool: ConnectionPool) {
    const { conn, remote, dnsMs, connectMs, tlsMs } = dialled;
    this.#fresh = { isReused: false, remote, dnsMs, connectMs, tlsMs };
    this.#reused = { isReused: true, remote };
    this.connection = new ClientConnection(conn, context, {
      wantsBack: () => pool.wantsBack(this),
      isIdle: () => pool.isIdle(this),
      hasEnded: (end) => pool.hasEnded(this, end),
    });
  }

  /** What an exchange is told of it. */
  get info(): ConnectionInfo {
    return this.connection.isReused ? this.#reused : this.#fresh;
  }
}
