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
 * While nothing is pending no timer runs.
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
    const wasPending = this.#pending.delete(pending);
    if (this.#pending.size === 0) {
      this.#cancel?.();
      this.#cancel = null;
    }
    return wasPending;
  }

  #arm(first: Pending): void {
    this.#cancel = this.#clock.setTimer(() => this.#fire(), first.deadline - this.#clock.now());
  }

  #fire(): void {
    this.#cancel = null;
    const now = this.#clock.now();
    for (const pending of this.#pending) {
      if (pending.deadline > now) return this.#arm(pending);
      this.#pending.delete(pending);
      pending.expire();
    }
  }
}
