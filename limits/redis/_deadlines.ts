import type { Clock } from "../../timeout/mod.ts";

/** Something that is given up at a moment. */
export interface Pending {
  /** Monotonic time. */
  readonly deadline: number;
  /** Gives it up; called once, and never after it was removed. */
  expire(): void;
}

/**
 * Deadlines that all lie equally far ahead, over one timer: as they come in order, only the first one is waited for.
 * The timer is not cleared when what it was set for has come, which would cost a tenth of a take; it fires once more,
 * finds nothing, and is not set again. It keeps no process alive.
 */
export class Deadlines {
  /** A set keeps the order of insertion, which here is that of the deadlines. */
  readonly #pending = new Set<Pending>();
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(pending: Pending): void {
    this.#pending.add(pending);
    if (this.#cancel === null) this.#arm(pending);
  }

  /** @returns whether it was pending still */
  remove(pending: Pending): boolean {
    return this.#pending.delete(pending);
  }

  /** Gives all up at once, and stops the timer. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#expire(Infinity);
  }

  #arm(first: Pending): void {
    const delayMs = first.deadline - this.#clock.now();
    this.#cancel = this.#clock.setTimer(
      () => {
        this.#cancel = null;
        this.#expire(this.#clock.now());
      },
      delayMs,
      { keepAlive: false },
    );
  }

  #expire(now: number): void {
    for (const pending of this.#pending) {
      if (pending.deadline > now) {
        if (this.#cancel === null) this.#arm(pending);
        return;
      }
      this.#pending.delete(pending);
      pending.expire();
    }
  }
}
