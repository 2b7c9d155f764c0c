import type { ClientContext } from "../http1/client/mod.ts";
import type { Dial } from "./dial/mod.ts";

/** Bounds of a pool; every number of milliseconds may be Infinity. */
export interface PoolLimits {
  readonly maxIdlePerPeer: number;
  readonly idleTimeoutMs: number;
  readonly maxAgeMs: number;
  readonly maxConnectionsPerPeer: number;
  readonly maxWaiting: number;
  readonly waitTimeoutMs: number;
  readonly unsafeReuseMs: number;
}

/** How many connections went which way since the transport was made. */
export interface PoolCounters {
  fresh: number;
  reused: number;
  dead: number;
  dirty: number;
}

/** What the pools of one transport have in common. */
export interface PoolSettings {
  readonly context: ClientContext;
  readonly dial: Dial;
  readonly limits: PoolLimits;
  readonly counters: PoolCounters;
}

/** @throws {RangeError} when a bound makes no sense */
export function checkPoolLimits(limits: PoolLimits): void {
  for (const [name, value] of Object.entries(limits)) {
    const isTime = name.endsWith("Ms");
    const least = name === "maxConnectionsPerPeer" ? 1 : 0;
    const isWhole = isTime || value === Infinity || Number.isInteger(value);
    if (value >= least && isWhole) continue;
    throw new RangeError(
      `Cannot create the transport: ${name} is ${value}, not a ${
        isTime ? "time" : "whole number"
      } from ${least} on`,
    );
  }
}
