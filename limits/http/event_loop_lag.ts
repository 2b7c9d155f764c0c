import { type Clock, systemClock } from "../../timeout/mod.ts";

/** Options of {@linkcode EventLoopLag}. */
export interface EventLoopLagOptions {
  /**
   * How often it is measured; above 0.
   *
   * @default {100}
   */
  intervalMs?: number;
  /**
   * Clock to measure by.
   *
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * Measures how late timers fire: the time that work waits for the event loop, which grows when the process
 * has more to do than it can. It has one timer, which does not keep the process alive; dispose of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EventLoopLag } from "@pingo/pingo/limits/http";
 *
 * using lag = new EventLoopLag({ intervalMs: 50 });
 * assertEquals(lag.lagMs, 0);
 * ```
 */
export class EventLoopLag implements Disposable {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #measure: () => void;
  #lagMs = 0;
  #due = 0;
  #cancel: () => void = () => {};

  /**
   * Begins to measure.
   *
   * @throws {RangeError} if the interval is not a finite number above 0
   */
  constructor(options: EventLoopLagOptions = {}) {
    const { intervalMs = 100, clock = systemClock } = options;
    if (!(intervalMs > 0 && intervalMs < Infinity)) {
      throw new RangeError(
        `Cannot measure the event loop: intervalMs ${intervalMs} is not a finite number above 0`,
      );
    }
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#measure = () => {
      const late = Math.max(0, clock.now() - this.#due);
      // Up at once, down by half each time: one free moment in an overload is no end of it.
      this.#lagMs = Math.max(late, this.#lagMs / 2);
      this.#arm();
    };
    this.#arm();
  }

  /**
   * The lag. What is being measured counts from when it is late: a loop that is blocked shows at once, not
   * at the next measurement.
   */
  get lagMs(): number {
    return Math.max(this.#lagMs, this.#clock.now() - this.#due);
  }

  /** Stops measuring: there is no lag any more. */
  [Symbol.dispose](): void {
    this.#cancel();
    this.#lagMs = 0;
    this.#due = Infinity;
  }

  #arm(): void {
    this.#due = this.#clock.now() + this.#intervalMs;
    this.#cancel = this.#clock.setTimer(this.#measure, this.#intervalMs, { keepAlive: false });
  }
}
