// The one file that asks the system for time, timers and chance.

/** Options of {@linkcode Clock.setTimer}. */
export interface SetTimerOptions {
  /**
   * Whether the timer keeps the process alive until it fires.
   * @default {true}
   */
  keepAlive?: boolean;
}

/**
 * Port to time. Everything that measures or waits takes one as its `clock`
 * option; tests give it a `FakeClock`. A `TimerWheel` is one too.
 */
export interface Clock {
  /** Milliseconds that only ever grow: for durations and deadlines. */
  now(): number;
  /** Milliseconds since 1970: for dates that others read. May jump. */
  epoch(): number;
  /**
   * Calls a function once after a delay.
   *
   * @param fire the function
   * @param delayMs the delay; it is never cut short
   * @returns a function that cancels the timer; harmless once it has fired
   */
  setTimer(
    fire: () => void,
    delayMs: number,
    options?: SetTimerOptions,
  ): () => void;
}

/** setTimeout takes a larger delay for 1 ms. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * The system's time and timers. Longer delays than the 24.8 days of
 * `setTimeout` work too.
 *
 * @example
 * ```ts
 * import { systemClock } from "@pingo/pingo/timeout";
 * import { assert } from "@std/assert";
 *
 * const start = systemClock.now();
 * await new Promise<void>((fire) => systemClock.setTimer(fire, 5));
 * assert(systemClock.now() - start >= 5);
 * ```
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  setTimer: setSystemTimer,
};

function setSystemTimer(
  fire: () => void,
  delayMs: number,
  options: SetTimerOptions = {},
): () => void {
  const { keepAlive = true } = options;
  let rest = Math.ceil(delayMs);
  let id = set();
  return () => clearTimeout(id);

  function set(): ReturnType<typeof setTimeout> {
    const part = Math.min(rest, MAX_DELAY);
    rest -= part;
    const id = setTimeout(rest > 0 ? next : fire, part);
    if (!keepAlive) Deno.unrefTimer(id);
    return id;
  }

  function next(): void {
    id = set();
  }
}

/** Source of chance: a number from 0 up to, and without, 1. */
export type Random = () => number;

/**
 * The system's chance, for jitter and sampling; not for secrets.
 *
 * @example
 * ```ts
 * import { systemRandom } from "@pingo/pingo/timeout";
 * import { assert } from "@std/assert";
 *
 * assert(systemRandom() < 1);
 * ```
 */
export const systemRandom: Random = (): number => Math.random();
