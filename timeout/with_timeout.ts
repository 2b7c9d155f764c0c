import { ProxyError } from "../errors/mod.ts";
import { onAbort } from "./_abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkDuration } from "./_duration.ts";

/** Options of {@linkcode withTimeout}. */
export interface WithTimeoutOptions {
  /**
   * Clock to measure by. A `TimerWheel` makes it cheap.
   * @default {systemClock}
   */
  clock?: Clock;
  /** Ends the work early. */
  signal?: AbortSignal;
  /**
   * Makes the error of a timeout; what it throws is that error too.
   * @default {a ProxyError of kind deadline_exceeded}
   */
  error?: () => unknown;
}

/**
 * Gives work a limited time. When the time is over, or the caller's signal
 * fires, the work's own signal fires with the same reason, and the promise
 * rejects at once, whether or not the work listens; what it does later is
 * ignored.
 *
 * @param run the work; its signal tells it to stop
 * @param timeoutMs the time; `Infinity` for none
 * @throws {RangeError} if the time is negative or NaN
 * @throws {ProxyError} `deadline_exceeded` when the time is over
 * @throws the reason of the caller's signal when it fires
 *
 * @example
 * ```ts
 * import { FakeClock, sleep, withTimeout } from "@pingo/pingo/timeout";
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { assertRejects } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const result = withTimeout((signal) => sleep(500, { clock, signal }), 100, {
 *   clock,
 *   error: () => new ProxyError("upstream_timeout"),
 * });
 * clock.advance(100);
 * await assertRejects(() => result, ProxyError, "did not answer in time");
 * ```
 */
export async function withTimeout<T>(
  run: (signal: AbortSignal) => T | Promise<T>,
  timeoutMs: number,
  options: WithTimeoutOptions = {},
): Promise<T> {
  const { clock = systemClock, signal, error } = options;
  checkDuration("set timeout", timeoutMs);
  signal?.throwIfAborted();
  const work = new AbortController();
  const stopped = Promise.withResolvers<never>();
  // Handled even when `run` stops itself and then throws before the race.
  stopped.promise.catch(() => {});
  const stop = (reason: unknown): void => {
    stopped.reject(reason);
    work.abort(reason);
  };
  const cancel = timeoutMs < Infinity
    ? clock.setTimer(() => stop(timeoutError(timeoutMs, error)), timeoutMs)
    : () => {};
  const removeListener = onAbort(signal, () => stop(signal?.reason));
  try {
    return await Promise.race([stopped.promise, run(work.signal)]);
  } finally {
    cancel();
    removeListener();
  }
}

function timeoutError(timeoutMs: number, error?: () => unknown): unknown {
  if (error !== undefined) return made(error);
  return new ProxyError(
    "deadline_exceeded",
    `Cannot finish in time: ${timeoutMs} ms are over`,
  );
}

/** Nobody is there to catch what a timer throws. */
function made(error: () => unknown): unknown {
  try {
    return error();
  } catch (thrown) {
    return thrown;
  }
}
