import type { Logger, MetricSink } from "../../core/mod.ts";
import type { Clock, Random } from "../../timeout/mod.ts";
import type { HealthCheck, HealthCheckFunction } from "./health_check.ts";
import type { RiseFallOptions } from "./rise_fall.ts";

/** Options of {@linkcode HealthChecker}. */
export interface HealthCheckerOptions extends RiseFallOptions {
  /**
   * How a backend is checked. One that has something to close is closed when the checker stops.
   *
   * @default {tcpCheck()}
   */
  check?: HealthCheck | HealthCheckFunction;
  /**
   * The pause between the end of a check of a backend and its next one.
   *
   * @default {5000}
   */
  intervalMs?: number;
  /**
   * By what share of it each pause is longer or shorter, by chance, so that checks spread.
   *
   * @default {0.1}
   */
  jitter?: number;
  /**
   * How long a check may take; it has failed then.
   *
   * @default {2000}
   */
  timeoutMs?: number;
  /**
   * How many checks may run at one time; the others wait for their turn.
   *
   * @default {16}
   */
  maxConcurrent?: number;
  /**
   * What a backend counts as before its first check.
   *
   * @default {"healthy"}
   */
  initialState?: "healthy" | "unhealthy";
  /**
   * The value of the label `set` in metrics, and of the field in logs.
   *
   * @default {""}
   */
  name?: string;
  /** Is told of changes. */
  logger?: Logger;
  /**
   * Gets `pingo_health_checks_total` (set, result), `pingo_health_changes_total` (set, to) and
   * `pingo_health_backends` (set, state).
   */
  metrics?: MetricSink;
  /** The clock of pauses and timeouts. */
  clock?: Clock;
  /** The chance of the jitter. */
  random?: Random;
}

/** The numbers of {@linkcode HealthCheckerOptions} that a check of a backend runs by. */
export interface CheckTiming {
  readonly intervalMs: number;
  readonly jitter: number;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
}

/**
 * Sets the defaults.
 *
 * @throws {RangeError} when a number makes no sense
 */
export function checkTiming(options: HealthCheckerOptions): CheckTiming {
  const { intervalMs = 5_000, jitter = 0.1, timeoutMs = 2_000, maxConcurrent = 16 } = options;
  const isTime = (ms: number): boolean => ms > 0 && ms < Infinity;
  if (!isTime(intervalMs)) throw outOfRange("intervalMs", intervalMs, "a time above 0");
  if (!isTime(timeoutMs)) throw outOfRange("timeoutMs", timeoutMs, "a time above 0");
  if (!(jitter >= 0 && jitter <= 1)) throw outOfRange("jitter", jitter, "from 0 to 1");
  if (!(maxConcurrent === Infinity || Number.isInteger(maxConcurrent)) || maxConcurrent < 1) {
    throw outOfRange("maxConcurrent", maxConcurrent, "a whole number from 1 on");
  }
  return { intervalMs, jitter, timeoutMs, maxConcurrent };
}

function outOfRange(name: string, value: number, range: string): RangeError {
  return new RangeError(`Cannot check health: ${name} is ${value}, not ${range}`);
}
