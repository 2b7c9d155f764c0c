import { RequestParser } from "../codec/mod.ts";

/** Bounds of what a client may send and of how long it may take. Times can be switched off by `Infinity`. */
export interface ServerLimits {
  /**
   * Bytes of a request's head; 431 beyond.
   *
   * @default {65536}
   */
  maxHeadBytes?: number;
  /**
   * Header fields of a request; 431 beyond.
   *
   * @default {128}
   */
  maxFields?: number;
  /**
   * Bytes of a request target; 414 beyond.
   *
   * @default {8000}
   */
  maxTargetBytes?: number;
  /**
   * How long a head may take from its first byte on, and the first one from the connection on; then 408.
   *
   * @default {10000}
   */
  headTimeoutMs?: number;
  /**
   * How long each wait for more of a request's content may take; then 408.
   *
   * @default {30000}
   */
  bodyTimeoutMs?: number;
  /**
   * How many bytes of content a client has to send in a second, on average over the time that it was
   * waited for; then 408. 0 switches it off.
   *
   * @default {240}
   */
  minBytesPerSecond?: number;
  /**
   * How long the average is not looked at, from the first wait on.
   *
   * @default {10000}
   */
  minRateGraceMs?: number;
  /**
   * How long a client may leave a write waiting that its connection has no room for; then it is cut.
   *
   * @default {30000}
   */
  writeTimeoutMs?: number;
  /**
   * How long a connection is kept without a request.
   *
   * @default {75000}
   */
  idleTimeoutMs?: number;
  /**
   * Requests that a connection may carry.
   *
   * @default {Infinity}
   */
  maxRequests?: number;
  /**
   * How long an exchange may take in all, from its head to the last byte of its answer; then 504, or the
   * client is cut where the answer has begun. Tunnels have a time of their own.
   *
   * @default {Infinity}
   */
  exchangeTimeoutMs?: number;
  /**
   * A client that ended its direction may wait for an answer, or it has gone: TCP tells the two apart
   * only when something is sent. For so long there may be nothing to send before it is given up; 0 gives up
   * at once whoever ends its direction, as nginx does. A reset is seen at once in any case.
   *
   * @default {1000}
   */
  halfClosedGraceMs?: number;
  /**
   * How long a tunnel may be silent in both directions.
   *
   * @default {3600000}
   */
  tunnelTimeoutMs?: number;
  /**
   * Content of a request that nobody wanted is read and dropped up to here, so that the connection can
   * be used again; beyond, it is closed.
   *
   * @default {262144}
   */
  maxDrainBytes?: number;
}

/** {@linkcode ServerLimits} with the defaults in. */
export type CheckedServerLimits = Required<ServerLimits>;

/**
 * Checks limits and sets the defaults.
 *
 * @throws {RangeError} when one is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { checkServerLimits } from "@pingo/pingo/core";
 *
 * assertEquals(checkServerLimits({ maxFields: 64 }).headTimeoutMs, 10_000);
 * assertThrows(() => checkServerLimits({ headTimeoutMs: 0 }), RangeError);
 * ```
 */
export function checkServerLimits(limits: ServerLimits = {}): CheckedServerLimits {
  const {
    maxHeadBytes = 65_536,
    maxFields = 128,
    maxTargetBytes = 8_000,
    headTimeoutMs = 10_000,
    bodyTimeoutMs = 30_000,
    minBytesPerSecond = 240,
    minRateGraceMs = 10_000,
    writeTimeoutMs = 30_000,
    idleTimeoutMs = 75_000,
    maxRequests = Infinity,
    exchangeTimeoutMs = Infinity,
    halfClosedGraceMs = 1_000,
    tunnelTimeoutMs = 3_600_000,
    maxDrainBytes = 262_144,
  } = limits;
  // Throws what it would throw at each connection.
  new RequestParser({ maxHeadBytes, maxFields, maxTargetBytes });
  const times = {
    headTimeoutMs,
    bodyTimeoutMs,
    minRateGraceMs,
    writeTimeoutMs,
    idleTimeoutMs,
    exchangeTimeoutMs,
    tunnelTimeoutMs,
    maxRequests,
  };
  for (const [name, value] of Object.entries(times)) {
    if (!(value > 0)) throw new RangeError(`Cannot listen: ${name} ${value} is not above 0`);
  }
  for (const [name, value] of Object.entries({ halfClosedGraceMs, minBytesPerSecond })) {
    if (!(value >= 0)) throw new RangeError(`Cannot listen: ${name} ${value} is below 0`);
  }
  if (!Number.isInteger(maxDrainBytes) || maxDrainBytes < 0) {
    throw new RangeError(`Cannot listen: maxDrainBytes ${maxDrainBytes} is not a whole number`);
  }
  return {
    maxHeadBytes,
    maxFields,
    maxTargetBytes,
    halfClosedGraceMs,
    minBytesPerSecond,
    ...times,
    maxDrainBytes,
  };
}
