import { ProxyError } from "../../errors/mod.ts";
import type { WheelTimer } from "../../timeout/mod.ts";
import { type Cancel, CancelSource, type Peer, peerAddress } from "../http/mod.ts";
import type { ConnectionEnd } from "../http1/client/mod.ts";
import { type ConnectionPool, PooledConnection } from "./_pooled_connection.ts";
import type { PoolSettings } from "./_pool_settings.ts";
import { WaitingQueue } from "./_waiting_queue.ts";

/** What a request for a connection is told. */
export interface AcquireOptions {
  readonly cancel: Cancel;
  readonly connectTimeoutMs?: number;
}

/** The turn of one who waited: a connection, or the right to open one (null). */
type Turn = PooledConnection | null;

/**
 * The connections to one peer. Idle ones are a stack: the one that was used last is the least likely to
 * have been closed by the upstream.
 */
export class PeerPool implements ConnectionPool {
  readonly #peer: Peer;
  readonly #settings: PoolSettings;
  readonly #onChange: (isInUse: boolean) => void;
  readonly #preface: Uint8Array | undefined;
  readonly #idle: PooledConnection[] = [];
  readonly #waiting: WaitingQueue<Turn>;
  readonly #sweeper: WheelTimer;
  /** What ends the attempts to open connections. */
  readonly #dials = new Set<CancelSource>();
  /** Connections that stand, and those that are being opened. */
  #open = 0;
  #sweepMs = Infinity;
  /** Whether a connection stands or is being opened; if not, nobody needs to remember the pool. */
  isInUse = false;
  #isClosed = false;

  /** @param onChange called when it comes into use and when it is empty again */
  constructor(
    peer: Peer,
    settings: PoolSettings,
    onChange: (isInUse: boolean) => void,
    preface?: Uint8Array,
  ) {
    this.#preface = preface;
    const { limits, context: { wheel } } = settings;
    this.#peer = peer;
    this.#settings = settings;
    this.#onChange = onChange;
    this.#waiting = new WaitingQueue({
      maxWaiting: limits.maxWaiting,
      timeoutMs: limits.waitTimeoutMs,
      wheel,
    });
    this.#sweeper = wheel.timer(() => this.#sweep());
  }

  get openCount(): number {
    return this.#open;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * An idle connection for an exchange, or null. An exchange that may not arrive twice gets only one that
   * was used just now: then the upstream has not thought of closing it yet.
   */
  take(mayRepeat: boolean): PooledConnection | null {
    const { limits, counters, context } = this.#settings;
    for (let pooled = this.#idle.pop(); pooled !== undefined; pooled = this.#idle.pop()) {
      const { connection } = pooled;
      const now = context.clock.now();
      const idleMs = now - connection.idleSince;
      if (this.#isOld(pooled, now) || idleMs >= this.#idleLimitMs(pooled)) {
        this.#reserved(pooled).close();
        continue;
      }
      if (!mayRepeat && idleMs >= limits.unsafeReuseMs) {
        this.#idle.push(pooled);
        return null;
      }
      counters.reused++;
      connection.reserve();
      return pooled;
    }
    return null;
  }

  /** Opens a connection for an exchange, or waits for one where there are as many as there may be. */
  async acquire(options: AcquireOptions): Promise<PooledConnection> {
    const { limits } = this.#settings;
    if (this.#open >= limits.maxConnectionsPerPeer && this.#idle.length > 0) {
      // Those that are idle are not young enough; the oldest one makes room.
      this.#reserved(this.#idle[0]).close();
    }
    if (this.#open >= limits.maxConnectionsPerPeer || this.#waiting.size > 0) {
      const turn = await this.#waiting.wait(peerAddress(this.#peer), options.cancel);
      if (turn !== null) return this.#received(turn, options.cancel);
    } else this.#enter();
    return await this.#dial(options);
  }

  /** Opens so many idle connections, within the limits; gives how many stand idle then. */
  async warmUp(count: number, options: AcquireOptions): Promise<number> {
    const { maxIdlePerPeer, maxConnectionsPerPeer } = this.#settings.limits;
    const missing = Math.min(
      Math.min(count, maxIdlePerPeer) - this.#idle.length,
      maxConnectionsPerPeer - this.#open,
    );
    const dials: Promise<void>[] = [];
    for (let i = 0; i < missing; i++) {
      this.#enter();
      dials.push(this.#dial(options).then((pooled) => pooled.connection.unreserve()));
    }
    const failed = (await Promise.allSettled(dials)).find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return this.#idle.length;
  }

  /**
   * Closes idle connections now, busy ones after their exchange, and turns away those who wait. Resolves
   * when what was parked on the idle ones is over.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sweeper.disarm();
    const error = closedError();
    this.#waiting.clear(error);
    for (const stop of this.#dials) stop.cancel(error);
    const idle = [...this.#idle];
    for (const pooled of idle) this.#reserved(pooled).close();
    await Promise.all(idle.map(({ connection }) => connection.parkedEnd()));
  }

  // What connections tell.

  wantsBack(pooled: PooledConnection): boolean {
    if (this.#isClosed || this.#isOld(pooled, this.#settings.context.clock.now())) return false;
    return this.#waiting.size > 0 || this.#idle.length < this.#settings.limits.maxIdlePerPeer;
  }

  isIdle(pooled: PooledConnection): void {
    if (this.#isClosed) return pooled.connection.close();
    if (this.#waiting.size > 0) {
      pooled.connection.reserve();
      this.#waiting.give(pooled);
      return;
    }
    if (this.#idle.push(pooled) > this.#settings.limits.maxIdlePerPeer) {
      return this.#reserved(this.#idle[0]).close();
    }
    const limitMs = this.#idleLimitMs(pooled);
    if (!this.#sweeper.isArmed || limitMs < this.#sweepMs) this.#sweepIn(limitMs);
  }

  hasEnded(pooled: PooledConnection, end: ConnectionEnd): void {
    const at = this.#idle.indexOf(pooled);
    if (at >= 0) this.#idle.splice(at, 1);
    if (end !== "used") this.#settings.counters[end]++;
    this.#left();
  }

  /** Takes a connection out of the idle ones. */
  #reserved(pooled: PooledConnection): PooledConnection["connection"] {
    const at = this.#idle.lastIndexOf(pooled);
    if (at >= 0) this.#idle.splice(at, 1);
    pooled.connection.reserve();
    return pooled.connection;
  }

  /** A connection that came by the queue; who was cancelled meanwhile does not need it any more. */
  #received(pooled: PooledConnection, cancel: Cancel): PooledConnection {
    if (cancel.cancelled) {
      pooled.connection.unreserve();
      throw ProxyError.from(cancel.reason);
    }
    this.#settings.counters.reused++;
    return pooled;
  }

  /** Opens a connection whose place has been counted. */
  async #dial(options: AcquireOptions): Promise<PooledConnection> {
    const { dial, context, counters } = this.#settings;
    const stop = new CancelSource();
    const forget = options.cancel.onCancel((reason) => stop.cancel(reason));
    this.#dials.add(stop);
    try {
      if (this.#isClosed) throw closedError();
      const dialled = await dial(this.#peer, {
        cancel: stop,
        timeoutMs: options.connectTimeoutMs,
        preface: this.#preface,
      });
      if (stop.cancelled) {
        dialled.conn.close();
        throw ProxyError.from(stop.reason);
      }
      counters.fresh++;
      return new PooledConnection(dialled, context, this);
    } catch (error) {
      this.#left();
      throw error;
    } finally {
      forget();
      this.#dials.delete(stop);
    }
  }

  /** Takes a place for a connection that is going to be opened. */
  #enter(): void {
    this.#open++;
    if (this.isInUse) return;
    this.isInUse = true;
    this.#onChange(true);
  }

  /** A place is free: the next one may open a connection. */
  #left(): void {
    if (this.#waiting.give(null) || --this.#open > 0) return;
    this.#sweeper.disarm();
    this.isInUse = false;
    this.#onChange(false);
  }

  #isOld({ connection }: PooledConnection, now: number): boolean {
    return now - connection.openedAt >= this.#settings.limits.maxAgeMs;
  }

  #idleLimitMs({ connection }: PooledConnection): number {
    return Math.min(this.#settings.limits.idleTimeoutMs, connection.idleLimitMs);
  }

  #sweepIn(ms: number): void {
    this.#sweepMs = ms;
    this.#sweeper.arm(ms);
  }

  /** Closes what has been idle for too long. */
  #sweep(): void {
    const now = this.#settings.context.wheel.now();
    let nextMs = Infinity;
    for (const pooled of [...this.#idle]) {
      const leftMs = pooled.connection.idleSince + this.#idleLimitMs(pooled) - now;
      if (leftMs <= 0) this.#reserved(pooled).close();
      else nextMs = Math.min(nextMs, leftMs);
    }
    this.#sweepIn(nextMs);
  }
}

function closedError(): ProxyError {
  return new ProxyError("server_stopping", "Cannot use the transport: it is closed");
}
