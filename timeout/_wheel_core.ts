import type { Clock } from "./clock.ts";
import { type EntryOwner, NEVER, WheelEntry } from "./_wheel_entry.ts";

/** A power of two; an entry further away is passed by once a turn. */
const SLOTS = 512;

/**
 * A hashed timing wheel (Varghese and Lauck, 1987, scheme 6): slot `tick mod
 * SLOTS` is a ring of entries. It sleeps until the next slot that is not
 * empty, and holds no timer of the clock while nothing is armed.
 */
export class WheelCore implements EntryOwner {
  readonly clock: Clock;
  readonly tickMs: number;
  readonly #keepAlive: boolean;
  readonly #slots: WheelEntry[] = [];
  /** Entries of the tick at work; some are left when a callback threw. */
  readonly #due: WheelEntry = new WheelEntry(this, () => {});
  /** The last tick whose entries were all taken out. */
  #tick = 0;
  #count = 0;
  #wakeTick = NEVER;
  #cancelWake: () => void = () => {};
  #isRunning = false;
  #isDisposed = false;
  readonly #run = (): void => this.#catchUp();

  constructor(clock: Clock, tickMs: number, keepAlive: boolean) {
    this.clock = clock;
    this.tickMs = tickMs;
    this.#keepAlive = keepAlive;
    for (let n = 0; n < SLOTS; n++) {
      this.#slots.push(new WheelEntry(this, () => {}));
    }
  }

  get count(): number {
    return this.#count;
  }

  file(entry: WheelEntry): void {
    if (this.#isDisposed) {
      throw new Error("Cannot arm timer: the wheel is disposed");
    }
    if (entry.tick !== NEVER) {
      entry.unlink();
    } else if (this.#count++ === 0) {
      this.#tick = this.#currentTick();
    }
    this.#put(entry);
    if (this.#isRunning) return; // it sets the next wake when it is through
    if (this.#wakeTick === NEVER || entry.tick < this.#wakeTick) {
      this.#wakeAt(entry.tick);
    }
  }

  remove(entry: WheelEntry): void {
    entry.unlink();
    entry.tick = NEVER;
    if (--this.#count === 0) this.#sleep();
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const ring of [this.#due, ...this.#slots]) {
      while (ring.next !== ring) this.remove(ring.next);
    }
  }

  #put(entry: WheelEntry): void {
    const tick = Math.ceil(entry.deadline / this.tickMs);
    entry.tick = Math.max(tick, this.#tick + 1);
    this.#slots[entry.tick & (SLOTS - 1)].append(entry);
  }

  /** The last tick that has begun. */
  #currentTick(): number {
    return Math.floor(this.clock.now() / this.tickMs);
  }

  #catchUp(): void {
    this.#wakeTick = NEVER;
    this.#isRunning = true;
    try {
      const last = this.#currentTick();
      this.#fireDue();
      while (this.#tick < last && this.#count > 0) {
        this.#tick++;
        this.#slots[this.#tick & (SLOTS - 1)].moveTo(this.#due);
        this.#fireDue();
      }
    } finally {
      this.#isRunning = false;
      if (this.#count > 0) this.#wakeAt(this.#nextTick());
    }
  }

  /** One at a time off the ring: a callback may disarm any, or throw. */
  #fireDue(): void {
    const time = this.#tick * this.tickMs;
    const due = this.#due;
    for (let entry = due.next; entry !== due; entry = due.next) {
      entry.unlink();
      if (entry.deadline > time) {
        this.#put(entry);
        continue;
      }
      entry.tick = NEVER;
      this.#count--;
      entry.fire();
    }
  }

  #nextTick(): number {
    if (this.#due.next !== this.#due) return this.#tick;
    let tick = this.#tick + 1;
    while (this.#isEmpty(tick)) tick++;
    return tick;
  }

  #isEmpty(tick: number): boolean {
    const slot = this.#slots[tick & (SLOTS - 1)];
    return slot.next === slot;
  }

  #wakeAt(tick: number): void {
    this.#cancelWake();
    this.#wakeTick = tick;
    const delayMs = tick * this.tickMs - this.clock.now();
    this.#cancelWake = this.clock.setTimer(this.#run, Math.max(0, delayMs), {
      keepAlive: this.#keepAlive,
    });
  }

  #sleep(): void {
    this.#cancelWake();
    this.#wakeTick = NEVER;
  }
}
