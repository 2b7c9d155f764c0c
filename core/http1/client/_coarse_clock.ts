import type { TimerWheel, WheelTimer } from "../../../timeout/mod.ts";

/** How long a reading of the clock serves. */
const KEPT_MS = 50;

/**
 * The time of a wheel's clock, read a few times a second at most: asking the system costs 150 ns. It may
 * be behind by a tick of the wheel, or by as long as the event loop stood still; good enough for the age
 * of an idle connection, and for nothing that must not be early.
 */
export class CoarseClock {
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  #now = 0;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
    this.#timer = wheel.timer(() => {});
  }

  now(): number {
    if (!this.#timer.isArmed) {
      this.#now = this.#wheel.now();
      this.#timer.arm(KEPT_MS, this.#now);
    }
    return this.#now;
  }

  /** Gives its timer back. */
  stop(): void {
    this.#timer.disarm();
  }
}
