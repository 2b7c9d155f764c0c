import type { Clock } from "./clock.ts";
import type { WheelTimer } from "./wheel_timer.ts";

/** Tick of an entry that is not filed. */
export const NEVER = -1;

/** What an entry needs of its wheel. */
export interface EntryOwner {
  readonly clock: Clock;
  readonly tickMs: number;
  file(entry: WheelEntry): void;
  remove(entry: WheelEntry): void;
}

/** A timer, and at once a member of a ring; one more heads each ring. */
export class WheelEntry implements WheelTimer {
  /** Moment to fire; may lie beyond the tick under which it is filed. */
  deadline: number = Infinity;
  /** Tick under which the entry is filed. */
  tick: number = NEVER;
  next: WheelEntry = this;
  #previous: WheelEntry = this;
  readonly #owner: EntryOwner;

  constructor(owner: EntryOwner, readonly fire: () => void) {
    this.#owner = owner;
  }

  get isArmed(): boolean {
    return this.tick !== NEVER;
  }

  arm(delayMs: number, now: number = this.#owner.clock.now()): void {
    if (!(delayMs >= 0)) {
      throw new RangeError(`Cannot arm timer: ${delayMs} ms is not a delay`);
    }
    if (delayMs === Infinity) return this.disarm();
    this.deadline = now + delayMs;
    // Not before the tick it is filed under: it is filed anew when that tick
    // comes. So pushing an idle deadline on, the usual case, is one write.
    const { tick } = this;
    if (tick !== NEVER && this.deadline > (tick - 1) * this.#owner.tickMs) {
      return;
    }
    this.#owner.file(this);
  }

  disarm(): void {
    if (this.tick !== NEVER) this.#owner.remove(this);
  }

  /** Leaves the ring it is in. */
  unlink(): void {
    this.#previous.next = this.next;
    this.next.#previous = this.#previous;
    this.next = this;
    this.#previous = this;
  }

  /** Adds an entry at the end of the ring that this one heads. */
  append(entry: WheelEntry): void {
    entry.#previous = this.#previous;
    entry.next = this;
    this.#previous.next = entry;
    this.#previous = entry;
  }

  /** Moves all members of the ring that this one heads into an empty ring. */
  moveTo(head: WheelEntry): void {
    if (this.next === this) return;
    head.next = this.next;
    head.#previous = this.#previous;
    head.next.#previous = head;
    head.#previous.next = head;
    this.next = this;
    this.#previous = this;
  }
}
