import { Redis } from "iovalkey";
import { type Clock, sleep, systemClock } from "../../../timeout/mod.ts";
import { type Logger, type RedisClient, RedisError } from "../../mod.ts";
import { parseRedisAddress } from "./_redis_address.ts";
import { batchingClient } from "./_batching_client.ts";
import { StallWatch } from "./_stall_watch.ts";

/** Options of {@linkcode openRedis}. */
export interface OpenRedisOptions {
  /**
   * How long a connection may take to stand.
   *
   * @default {2000}
   */
  connectTimeoutMs?: number;
  /**
   * How long a connection may be silent while a reply is due; then, or half as long again, it is dropped and a new one
   * made. A server whose
   * host has vanished would hold it for minutes else.
   *
   * @default {5000}
   */
  stallTimeoutMs?: number;
  /**
   * The longest pause between two attempts to connect; the pauses double from 50 ms on.
   *
   * @default {1000}
   */
  maxReconnectMs?: number;
  /**
   * How long {@linkcode RedisConnection} waits for replies that are due when it is closed.
   *
   * @default {1000}
   */
  closeTimeoutMs?: number;
  /**
   * Authorities that may vouch for the server of a `rediss://` or `valkeys://` address, as PEM.
   *
   * @default {[]} those of the runtime
   */
  caCerts?: readonly string[];
  /** Hears of a server that is lost, once, and of its return. */
  logger?: Logger;
  /**
   * Clock of stalls and of the close. The client's own timers are those of the system.
   *
   * @default {systemClock}
   */
  clock?: Clock;
}

/** A connection that finds its way back by itself, and is closed by who opened it. */
export interface RedisConnection extends RedisClient, AsyncDisposable {
  /**
   * Waits until commands can be sent: for the start of a program that would rather begin with Redis.
   *
   * @param timeoutMs how long at most
   * @returns whether it is ready; false when the time is over or the connection was closed
   */
  whenReady(timeoutMs: number): Promise<boolean>;
}

const FIRST_RECONNECT_MS = 50;
/** What is closed before its replies came is not waited for once more. */
const CUT_MS = 1;
/** setTimeout takes a larger delay for 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * A connection to Redis or Valkey by npm:iovalkey. It is given at once and connects by itself, now and after each loss:
 * a server that is not there is no error here, but `isReady` is false, and commands reject at once.
 *
 * @param address `redis://[user[:password]@]host[:port][/database]`, `rediss://` (TLS), `valkey://`, `valkeys://`,
 *   `host:port` or `unix:/path`
 * @throws {TypeError} when the address is none
 * @throws {RangeError} when a duration is none from 1 on that a timer takes
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { RedisError } from "@pingo/pingo/core";
 * import { openRedis } from "@pingo/pingo/core/redis/iovalkey";
 *
 * // Nobody listens on port 9.
 * await using redis = openRedis("redis://127.0.0.1:9");
 * assertEquals(redis.isReady, false);
 * await assertRejects(() => redis.call("PING", []), RedisError);
 * ```
 */
export function openRedis(address: string, options: OpenRedisOptions = {}): RedisConnection {
  const {
    connectTimeoutMs = 2_000,
    stallTimeoutMs = 5_000,
    maxReconnectMs = 1_000,
    closeTimeoutMs = 1_000,
    caCerts = [],
    logger,
    clock = systemClock,
  } = options;
  checkDelays({ connectTimeoutMs, stallTimeoutMs, maxReconnectMs, closeTimeoutMs });
  const { name, isTls, database, ...where } = parseRedisAddress(address);

  const redis = new Redis({
    ...where,
    db: database,
    tls: isTls ? { ca: caCerts.length > 0 ? [...caCerts] : undefined } : undefined,
    family: 0,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: CUT_MS,
    // What was not answered may have been done: the caller decides, and nothing is sent a second time.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(maxReconnectMs, FIRST_RECONNECT_MS * 2 ** (attempt - 1)),
    // After a failover the old address may lead to a replica. Once for a connection: each command that it refuses asks.
    reconnectOnError(error) {
      if (isTurnedAway || !error.message.startsWith("READONLY")) return false;
      isTurnedAway = true;
      return true;
    },
  });
  const watch = new StallWatch({
    stallMs: stallTimeoutMs,
    clock,
    onStall: () => redis.disconnect(true),
  });
  let isLost = false;
  let isTurnedAway = false;
  redis.on("error", (error: Error) => lost(error.message));
  redis.on("close", () => {
    greeted();
    lost("the connection has ended");
  });
  // A server that takes the connection and then says nothing stalls as well.
  let isGreeting = false;
  redis.on("connect", () => {
    isGreeting = true;
    watch.begin();
  });
  redis.on("ready", () => {
    greeted();
    logger?.info("Redis is connected", { address: name });
    isLost = false;
    isTurnedAway = false;
  });

  let closing: Promise<void> | null = null;
  const client = batchingClient(redis, watch);
  return {
    get isReady() {
      return closing === null && client.isReady;
    },
    call: (command, args) =>
      closing === null ? client.call(command, args) : Promise.reject(
        new RedisError("DISCONNECTED", "Cannot call Redis: the connection is closed"),
      ),
    whenReady,
    [Symbol.asyncDispose]: () => closing ??= close(),
  };

  function greeted(): void {
    if (isGreeting) watch.end();
    isGreeting = false;
  }

  /** Once until it is back: each attempt to connect would tell it again. */
  function lost(error: string): void {
    if (isLost || closing !== null) return;
    isLost = true;
    logger?.warn("Redis cannot be reached", { address: name, error });
  }

  async function whenReady(timeoutMs: number): Promise<boolean> {
    if (closing !== null || client.isReady) return closing === null;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onReady = (): void => resolve(true);
    const giveUp = (): void => resolve(false);
    const cancel = clock.setTimer(giveUp, timeoutMs);
    redis.on("ready", onReady).on("end", giveUp);
    const isReady = await promise;
    redis.off("ready", onReady).off("end", giveUp);
    cancel();
    return isReady;
  }

  async function close(): Promise<void> {
    const ended = new Promise<void>((resolve) => redis.once("end", resolve));
    // What was called in this turn is about to be sent.
    await Promise.resolve();
    if (redis.status === "ready") {
      const cancel = clock.setTimer(() => redis.disconnect(), closeTimeoutMs);
      // It may be lost in this very moment: then it has ended as well.
      await redis.quit().catch(() => redis.disconnect());
      cancel();
    } else {
      redis.disconnect();
    }
    if (redis.status === "reconnecting") {
      // Between two attempts there is no socket whose end would be told; only the timer of the cut runs.
      await sleep(2 * CUT_MS, { clock });
    } else if (redis.status !== "end") {
      await ended;
    }
    watch.stop();
  }
}

function checkDelays(delays: Readonly<Record<string, number>>): void {
  for (const [name, ms] of Object.entries(delays)) {
    if (!(ms >= 1 && ms <= MAX_DELAY_MS)) {
      throw new RangeError(
        `Cannot open Redis: ${name} ${ms} is no duration from 1 to ${MAX_DELAY_MS}`,
      );
    }
  }
}
