import { type Clock, systemClock } from "./clock.ts";
import { WheelCore } from "./_wheel_core.ts";
import { WheelEntry } from "./_wheel_entry.ts";
import type { WheelTimer } from "./wheel_timer.ts";

/** Options of {@linkcode TimerWheel}. */
export interface TimerWheelOptions {
  /**
   * Length of a tick, by which a timer may be late; a whole number from 1 on.
   * @default {100}
   */
  resolutionMs?: number;
  /**
   * Clock below the wheel.
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * Whether armed timers keep the process alive.
   * @default {true}
   */
  keepAlive?: boolean;
}

/**
 * Coarse timers for thousands of deadlines over one timer of the system.
 * A connection that gets a chunk moves its idle deadline on by writing a
 * number, where `clearTimeout` and `setTimeout` cost a microsecond and more
 * (timer_wheel_bench.ts). Nothing is ever early, and at most one tick late.
 * Timers fire in the order of their ticks; within a tick in no given order.
 *
 * While nothing is armed, no timer of the system runs. A wheel is a `Clock`
 * itself, so what takes a `clock` runs on one.
 *
 * @example
 * ```ts
 * import { FakeClock, TimerWheel } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * using wheel = new TimerWheel({ clock, resolutionMs: 100 });
 *
 * let closed = 0;
 * const idle = wheel.timer(() => closed++);
 * idle.arm(250);
 * clock.advance(200);
 * idle.arm(250); // a chunk came
 * clock.advance(200);
 * assertEquals(closed, 0);
 * clock.advance(100);
 * assertEquals(closed, 1);
 * ```
 */
export class TimerWheel implements Clock, Disposable {
  readonly #core: WheelCore;

  /**
   * A wheel that sleeps until a timer is armed.
   *
   * @throws {RangeError} if the resolution is not a whole number from 1 on
   */
  constructor(options: TimerWheelOptions = {}) {
    const { resolutionMs = 100, clock = systemClock, keepAlive = true } = options;
    if (!Number.isInteger(resolutionMs) || resolutionMs < 1) {
      throw new RangeError(
        `Cannot create TimerWheel: resolutionMs ${resolutionMs} is not a whole number from 1 on`,
      );
    }
    this.#core = new WheelCore(clock, resolutionMs, keepAlive);
  }

  /** Number of timers that are armed. */
  get armedCount(): number {
    return this.#core.count;
  }

  /** Monotonic time of the clock below. */
  now(): number {
    return this.#core.clock.now();
  }

  /** Wall time of the clock below. */
  epoch(): number {
    return this.#core.clock.epoch();
  }

  /**
   * A timer, not armed yet, to keep as long as what it watches.
   *
   * @param fire what it calls; what this throws is uncaught, as in setTimeout
   */
  timer(fire: () => void): WheelTimer {
    return new WheelEntry(this.#core, fire);
  }

  /**
   * A timer for once, as {@linkcode Clock} wants it. Whether it keeps the
   * process alive is decided for the wheel as a whole.
   */
  setTimer(fire: () => void, delayMs: number): () => void {
    const timer = this.timer(fire);
    timer.arm(Math.max(0, delayMs));
    return () => timer.disarm();
  }

  /** Disarms all timers for good; arming one afterwards throws. */
  [Symbol.dispose](): void {
    this.#core.dispose();
  }
}
