import { onAbort } from "./_abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkDuration } from "./_duration.ts";

/** Options of {@linkcode sleep}. */
export interface SleepOptions {
  /**
   * Clock to sleep by.
   * @default {systemClock}
   */
  clock?: Clock;
  /** Ends the sleep early. */
  signal?: AbortSignal;
  /**
   * Whether the sleep keeps the process alive.
   * @default {true}
   */
  keepAlive?: boolean;
}

/**
 * Waits.
 *
 * @param ms how long; 0 still gives others a turn
 * @throws {RangeError} if the time is negative or NaN
 * @throws the reason of the signal when it fires
 *
 * @example
 * ```ts
 * import { FakeClock, sleep } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const slept = sleep(1_000, { clock });
 * clock.advance(1_000);
 * await slept;
 * assertEquals(clock.now(), 1_000);
 * ```
 */
export async function sleep(
  ms: number,
  options: SleepOptions = {},
): Promise<void> {
  const { clock = systemClock, signal, keepAlive = true } = options;
  checkDuration("sleep", ms);
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Without end, only the signal wakes it.
  const cancel = ms < Infinity ? clock.setTimer(resolve, ms, { keepAlive }) : () => {};
  const removeListener = onAbort(signal, () => reject(signal?.reason));
  try {
    await promise;
  } finally {
    cancel();
    removeListener();
  }
}
