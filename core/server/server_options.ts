import { type Clock, systemClock } from "../../timeout/mod.ts";
import { createLogger, type Logger } from "../telemetry/mod.ts";

/** Options of {@linkcode Server}. */
export interface ServerOptions {
  /**
   * Where the server and its services tell what happens.
   *
   * @default a logger that writes lines to standard error
   */
  logger?: Logger;
  /**
   * How long the server goes on working after its readiness has become false, so that load balancers
   * which ask for it see that and send no more.
   *
   * @default {0}
   */
  drainDelayMs?: number;
  /**
   * How long what is in flight may take to finish when the server stops. What is not finished then is
   * cut, and the exit code is 1.
   *
   * @default {30000}
   */
  deadlineMs?: number;
  /**
   * How long a service may take to say that it is ready.
   *
   * @default {60000}
   */
  startTimeoutMs?: number;
  /**
   * The clock of the server and its services.
   *
   * @default {systemClock}
   */
  clock?: Clock;
}

/** Options of {@linkcode Server.stop}. */
export interface ServerStopOptions {
  /**
   * In place of the server's `deadlineMs`.
   *
   * @default the server's
   */
  deadlineMs?: number;
}

/** How a server stopped. */
export interface ServerStopReport {
  /** 0 when everything ended by itself, 1 when the deadline cut something or a service failed. */
  readonly exitCode: 0 | 1;
  /** What went wrong, a line each; empty with exit code 0. */
  readonly problems: readonly string[];
}

/**
 * Sets the defaults.
 *
 * @throws {RangeError} when a time is negative or NaN
 */
export function checkServerOptions(options: ServerOptions): Required<ServerOptions> {
  const {
    clock = systemClock,
    logger = createLogger({ clock }),
    drainDelayMs = 0,
    deadlineMs = 30_000,
    startTimeoutMs = 60_000,
  } = options;
  for (const [name, value] of Object.entries({ drainDelayMs, deadlineMs, startTimeoutMs })) {
    checkMs(name, value);
  }
  return { clock, logger, drainDelayMs, deadlineMs, startTimeoutMs };
}

/** @throws {RangeError} when a time is negative or NaN */
export function checkMs(name: string, ms: number): void {
  if (!(ms >= 0)) throw new RangeError(`Cannot take ${name}: ${ms} ms is not a duration`);
}
