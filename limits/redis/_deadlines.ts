import type { Clock } from "../../timeout/mod.ts";

/** Something that is given up at a moment. */
export interface Pending {
  /** Monotonic time; put off once where this process was late itself. */
  deadline: number;
  /**
   * Gives it up; called once, and never after it was removed.
   *
   * @param isOverdue whether its moment has come; else everything is given up
   */
  giveUp(isOverdue: boolean): void;
}

/** A timer that is later than this shows that the process stood still. */
const LATE_MS = 5;
/** Enough turns of the event loop to read what has come meanwhile. */
const GRACE_MS = 10;

/**
 * Deadlines that all lie equally far ahead, over one timer: as they come in order, only the first one is waited for.
 * The timer is not cleared when what it was set for has come, which would cost a tenth of a take; it fires once more,
 * finds nothing, and is not set again. It keeps no process alive.
 *
 * Where the process itself was busy or stopped, answers may lie in its socket unread when the timer fires: then what is
 * overdue is given a moment more, once, since it is not the other side that was slow.
 */
export class Deadlines {
  /** A set keeps the order of insertion, which here is that of the deadlines. */
  readonly #pending = new Set<Pending>();
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;
  #isGrace = false;

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
    for (const pending of this.#pending) {
      this.#pending.delete(pending);
      pending.giveUp(false);
    }
  }

  #arm(first: Pending): void {
    const delayMs = first.deadline - this.#clock.now();
    this.#cancel = this.#clock.setTimer(() => this.#fire(first.deadline), delayMs, {
      keepAlive: false,
    });
  }

  #fire(due: number): void {
    this.#cancel = null;
    const now = this.#clock.now();
    if (now - due > LATE_MS && !this.#isGrace && this.#pending.size > 0) {
      this.#isGrace = true;
      for (const pending of this.#pending) {
        if (pending.deadline > now) break;
        pending.deadline = now + GRACE_MS;
      }
      for (const first of this.#pending) return this.#arm(first);
    }
    this.#isGrace = false;
    this.#expire(now);
  }

  #expire(now: number): void {
    for (const pending of this.#pending) {
      if (pending.deadline > now) {
        if (this.#cancel === null) this.#arm(pending);
        return;
      }
      this.#pending.delete(pending);
      pending.giveUp(true);
    }
  }
}
