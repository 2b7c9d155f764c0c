import { ProxyError } from "../../errors/mod.ts";
import { TimerWheel } from "../../timeout/mod.ts";
import type { Body, Client, Peer, Reply, RequestHead } from "../http/mod.ts";
import { CancelSource, isIdempotent } from "../http/mod.ts";
import { ClientContext, giveUp } from "../http1/client/mod.ts";
import { clientProxyHeader } from "../proxy_protocol/mod.ts";
import { type Dial, systemDial } from "./dial/mod.ts";
import { peerKey } from "./_peer_key.ts";
import { PeerPool } from "./_peer_pool.ts";
import type { PooledConnection } from "./_pooled_connection.ts";
import { checkPoolLimits, type PoolCounters, type PoolSettings } from "./_pool_settings.ts";
import type { Transport, TransportOptions } from "./transport.ts";

/** Options of {@linkcode http1Transport}. */
export interface Http1TransportOptions {
  /** Runs the timeouts; one wheel may serve a whole program. */
  wheel?: TimerWheel;
  /** Opens connections. */
  dial?: Dial;
  /**
   * Idle connections that are kept for each peer. They are a stack: those beyond what the load needs at its
   * peaks end by `idleTimeoutMs`, and fewer of them would have connections opened for nearly each request.
   *
   * @default {1024}
   */
  maxIdlePerPeer?: number;
  /**
   * How long an idle connection is kept; less when the upstream says so (`Keep-Alive: timeout=5`).
   *
   * @default {30000}
   */
  idleTimeoutMs?: number;
  /**
   * How old a connection may be to begin another exchange.
   *
   * @default {Infinity}
   */
  maxAgeMs?: number;
  /**
   * How many connections there may be to one peer; who finds them all busy waits.
   *
   * @default {Infinity}
   */
  maxConnectionsPerPeer?: number;
  /**
   * How many exchanges may wait for a connection to one peer; `overloaded` beyond.
   *
   * @default {1024}
   */
  maxWaiting?: number;
  /**
   * How long an exchange may wait for a connection; `pool_timeout` then.
   *
   * @default {10000}
   */
  waitTimeoutMs?: number;
  /**
   * A request that may not arrive twice (POST) goes over an idle connection only when that was in use
   * less than so long ago: an upstream that closes it at this moment is all but impossible then.
   *
   * @default {1000}
   */
  unsafeReuseMs?: number;
  /**
   * How many bytes the head of a response may have.
   *
   * @default {65536}
   */
  maxHeadBytes?: number;
  /**
   * How many field lines it may have.
   *
   * @default {128}
   */
  maxFields?: number;
  /**
   * How long an upstream may take none of the bytes that are sent to it.
   *
   * @default {30000}
   */
  writeTimeoutMs?: number;
  /**
   * How long the content of a request with `Expect: 100-continue` is held back for the upstream's word.
   *
   * @default {1000}
   */
  continueTimeoutMs?: number;
}

/** What the connections of an {@linkcode Http1Transport} are doing, and have done. */
export interface Http1Statistics {
  /** Peers that there are connections to. */
  readonly peers: number;
  /** Connections that stand or are being opened. */
  readonly open: number;
  /** Those of them that wait for an exchange. */
  readonly idle: number;
  /** Exchanges that wait for a connection. */
  readonly waiting: number;
  /** Connections that were opened. */
  readonly fresh: number;
  /** Exchanges that went over a connection which had carried one before. */
  readonly reused: number;
  /** Idle connections that the upstream has closed. */
  readonly dead: number;
  /** Connections on which the upstream has sent what nobody asked for. */
  readonly dirty: number;
}

/** The pooled transport for HTTP/1.1. */
export interface Http1Transport extends Transport {
  /**
   * Opens connections in advance.
   *
   * Rejects with the error of the first connection that could not be opened.
   *
   * @param count how many are to stand idle; no more than the limits allow
   * @returns how many stand idle
   */
  warmUp(peer: Peer, count: number): Promise<number>;
  /** What its connections are doing. */
  statistics(): Http1Statistics;
}

/**
 * The transport over own connections: HTTP/1.1 over TCP, TLS and unix sockets, kept in a pool for each
 * peer. Requests go out byte for byte as they are, answers are parsed strictly, and nothing is ever sent
 * a second time: who wants to try again decides that by the error and by `isReused`.
 *
 * The head of a reply lies over a buffer of the transport until `release` is called. Of the timeouts,
 * `headTimeoutMs` runs from the last piece of the request, so that a long upload has its time; all of
 * them are coarse: never early, but up to an eighth and a tick of the wheel late.
 *
 * @throws {RangeError} when an option makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CancelSource, http1Transport, peer, readText, requestHead } from "@pingo/pingo/core";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
 *   return new Response(request.headers.get("host"));
 * });
 * await using transport = http1Transport();
 * const reply = await transport.exchange(requestHead({ authority: "example.com" }), null, {
 *   peer: peer(`127.0.0.1:${server.addr.port}`),
 *   cancel: new CancelSource(),
 * });
 * assertEquals(reply.body && await readText(reply.body), "example.com");
 * assertEquals(transport.statistics().open, 1);
 * ```
 */
export function http1Transport(options: Http1TransportOptions = {}): Http1Transport {
  return new PooledTransport(options);
}

class PooledTransport implements Http1Transport {
  readonly #settings: PoolSettings;
  readonly #ownWheel: TimerWheel | null;
  readonly #counters: PoolCounters = { fresh: 0, reused: 0, dead: 0, dirty: 0 };
  readonly #pools = new Map<string, PeerPool>();
  /** A peer is the same object for many requests: its key is made once. */
  readonly #known = new WeakMap<Peer, PeerPool>();
  #isClosed = false;

  constructor(options: Http1TransportOptions) {
    const {
      maxIdlePerPeer = 1_024,
      idleTimeoutMs = 30_000,
      maxAgeMs = Infinity,
      maxConnectionsPerPeer = Infinity,
      maxWaiting = 1_024,
      waitTimeoutMs = 10_000,
      unsafeReuseMs = 1_000,
      wheel = new TimerWheel(),
      dial = systemDial(),
    } = options;
    const limits = {
      maxIdlePerPeer,
      idleTimeoutMs,
      maxAgeMs,
      maxConnectionsPerPeer,
      maxWaiting,
      waitTimeoutMs,
      unsafeReuseMs,
    };
    checkPoolLimits(limits);
    this.#ownWheel = options.wheel === undefined ? wheel : null;
    const context = new ClientContext({ ...options, wheel });
    this.#settings = { context, dial, limits, counters: this.#counters };
  }

  exchange(head: RequestHead, body: Body | null, options: TransportOptions): Promise<Reply> {
    const { cancel } = options;
    if (this.#isClosed || cancel.cancelled) {
      const error = this.#isClosed ? closedError() : ProxyError.from(cancel.reason);
      giveUp(body, error);
      return Promise.reject(error);
    }
    const pool = this.#poolOf(options.peer, options.client ?? null);
    const pooled = pool.take(isIdempotent(head.method));
    if (pooled === null) return this.#acquireAndExchange(pool, head, body, options);
    return this.#exchangeOver(pooled, head, body, options);
  }

  async warmUp(peer: Peer, count: number): Promise<number> {
    if (this.#isClosed) throw closedError();
    return await this.#poolOf(peer, null).warmUp(count, { cancel: new CancelSource() });
  }

  statistics(): Http1Statistics {
    let open = 0;
    let idle = 0;
    let waiting = 0;
    for (const pool of this.#pools.values()) {
      open += pool.openCount;
      idle += pool.idleCount;
      waiting += pool.waitingCount;
    }
    return { peers: this.#pools.size, open, idle, waiting, ...this.#counters };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    this.#endIfEmpty();
  }

  async #acquireAndExchange(
    pool: PeerPool,
    head: RequestHead,
    body: Body | null,
    options: TransportOptions,
  ): Promise<Reply> {
    let pooled: PooledConnection;
    try {
      pooled = await pool.acquire(options);
    } catch (error) {
      giveUp(body, error);
      throw error;
    }
    return await this.#exchangeOver(pooled, head, body, options);
  }

  #exchangeOver(
    pooled: PooledConnection,
    head: RequestHead,
    body: Body | null,
    options: TransportOptions,
  ): Promise<Reply> {
    const { connection } = pooled;
    try {
      options.observer?.connected?.(pooled.info);
    } catch (error) {
      // Nothing was sent: the connection is as good as before.
      connection.unreserve();
      giveUp(body, error);
      return Promise.reject(error);
    }
    return connection.exchange(head, body, options);
  }

  #poolOf(peer: Peer, client: Client | null): PeerPool {
    if (peer.proxyProtocol !== undefined) return this.#poolFor(peer, client, peer.proxyProtocol);
    const known = this.#known.get(peer);
    if (known !== undefined && known.isInUse) return known;
    const key = peerKey(peer);
    const pool = this.#pools.get(key) ?? this.#makePool(peer, key);
    this.#known.set(peer, pool);
    return pool;
  }

  /** The pool of connections that begin with the header for one client: nobody else may use them. */
  #poolFor(peer: Peer, client: Client | null, version: "v1" | "v2"): PeerPool {
    const preface = clientProxyHeader(client, version);
    const key = `${peerKey(peer)} ${preface.join(" ")}`;
    return this.#pools.get(key) ?? this.#makePool(peer, key, preface);
  }

  #makePool(peer: Peer, key: string, preface?: Uint8Array): PeerPool {
    const pool: PeerPool = new PeerPool(peer, this.#settings, (isInUse) => {
      if (isInUse) this.#pools.set(key, pool);
      else this.#pools.delete(key);
      this.#endIfEmpty();
    }, preface);
    return pool;
  }

  /** The last connection has ended: so does what they had in common. */
  #endIfEmpty(): void {
    if (!this.#isClosed || this.#pools.size > 0) return;
    this.#settings.context.clock.stop();
    this.#ownWheel?.[Symbol.dispose]();
  }
}

function closedError(): ProxyError {
  return new ProxyError("server_stopping", "Cannot use the transport: it is closed");
}
