import { type Clock, systemClock } from "./clock.ts";

/** Options of {@linkcode FakeClock}. */
export interface FakeClockOptions {
  /**
   * Monotonic time at the start.
   * @default {0}
   */
  now?: number;
  /**
   * Wall time at the start, milliseconds since 1970.
   * @default {0}
   */
  epoch?: number;
}

interface FakeTimer {
  readonly at: number;
  readonly fire: () => void;
}

/**
 * A clock that a test moves by hand. Timers fire in the order of their time,
 * those of equal time in the order in which they were set, and each one sees
 * its own time as `now()`.
 *
 * @example
 * ```ts
 * import { FakeClock } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const fired: number[] = [];
 * clock.setTimer(() => fired.push(clock.now()), 20);
 * clock.setTimer(() => fired.push(clock.now()), 10);
 *
 * clock.advance(30);
 * assertEquals(fired, [10, 20]);
 * assertEquals(clock.now(), 30);
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  readonly #epochAtZero: number;
  readonly #timers = new Set<FakeTimer>();

  /** A clock that stands still until it is advanced. */
  constructor(options: FakeClockOptions = {}) {
    const { now = 0, epoch = 0 } = options;
    this.#now = now;
    this.#epochAtZero = epoch - now;
  }

  /** Monotonic time in milliseconds. */
  now(): number {
    return this.#now;
  }

  /** Wall time in milliseconds since 1970; moves with `now()`. */
  epoch(): number {
    return this.#epochAtZero + this.#now;
  }

  /** Number of timers that wait, to find a leak. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Calls a function once when the clock has been advanced by the delay. */
  setTimer(fire: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), fire };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Moves time forward and fires what becomes due, also what is set meanwhile.
   *
   * @throws {RangeError} if the step is not a finite number from 0 on
   */
  advance(ms: number): void {
    const end = this.#end(ms);
    for (let timer; (timer = this.#due(end)) !== undefined;) this.#fire(timer);
    this.#now = end;
  }

  /**
   * As {@linkcode FakeClock.advance}, but lets promises settle before the
   * first timer and after each one, so that code which awaits goes on, and may
   * set its next timer, in between.
   *
   * @throws {RangeError} if the step is not a finite number from 0 on
   */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#end(ms);
    await settle();
    for (let timer; (timer = this.#due(end)) !== undefined;) {
      this.#fire(timer);
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #end(ms: number): number {
    if (!(ms >= 0 && ms < Infinity)) {
      throw new RangeError(`Cannot advance clock: ${ms} ms is not a step`);
    }
    return this.#now + ms;
  }

  /** A set keeps the order of insertion, which decides between equal times. */
  #due(end: number): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at)) {
        first = timer;
      }
    }
    return first;
  }

  #fire(timer: FakeTimer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.fire();
  }
}

/** A turn of the event loop: all promise reactions run before it ends. */
function settle(): Promise<void> {
  return new Promise((fire) => void systemClock.setTimer(fire, 0));
}
