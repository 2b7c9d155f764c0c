import type { TimerWheel, WheelTimer } from "../../../timeout/mod.ts";

/** A wait is looked at so many times before its limit is reached. */
const LOOKS = 16;

/**
 * Bounds how long a connection waits for the other side, in each direction. A wait costs two stores: it
 * is not the wait that asks for the time, but a timer that looks now and then whether the same wait still
 * goes on. So a limit is never cut short, and passed by an eighth and a tick at most.
 */
export class StallWatch {
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  readonly #onStall: (isWrite: boolean) => void;
  #isStopped = false;
  #periodMs = Infinity;
  #readMs = Infinity;
  #readSince = -1;
  #writeMs = Infinity;
  #writeSince = -1;

  constructor(wheel: TimerWheel, onStall: (isWrite: boolean) => void) {
    this.#wheel = wheel;
    this.#timer = wheel.timer(() => this.#look());
    this.#onStall = onStall;
  }

  /** A wait for bytes begins; it may take so long. */
  reading(limitMs: number): void {
    this.#readMs = limitMs;
    this.#readSince = -1;
    if (limitMs < this.#periodMs * LOOKS) this.#lookEvery(limitMs / LOOKS);
  }

  /** The bytes came. */
  read(): void {
    this.#readMs = Infinity;
  }

  /** Bytes are being written; that may take so long. */
  writing(limitMs: number): void {
    this.#writeMs = limitMs;
    this.#writeSince = -1;
    if (limitMs < this.#periodMs * LOOKS) this.#lookEvery(limitMs / LOOKS);
  }

  /** The bytes are written. */
  written(): void {
    this.#writeMs = Infinity;
  }

  /** Ends both waits, for good, and gives the timer back. */
  stop(): void {
    this.#isStopped = true;
    this.#readMs = this.#writeMs = this.#periodMs = Infinity;
    this.#timer.disarm();
  }

  #lookEvery(periodMs: number): void {
    if (this.#isStopped) return;
    this.#periodMs = periodMs;
    this.#timer.arm(periodMs);
  }

  #look(): void {
    this.#periodMs = Infinity;
    const limitMs = Math.min(this.#readMs, this.#writeMs);
    if (limitMs === Infinity) return;
    const now = this.#wheel.now();
    this.#lookEvery(limitMs / LOOKS);
    if (this.#readMs !== Infinity) {
      if (this.#readSince < 0) this.#readSince = now;
      else if (now - this.#readSince >= this.#readMs) {
        this.#readMs = Infinity;
        this.#onStall(false);
      }
    }
    if (this.#writeMs !== Infinity) {
      if (this.#writeSince < 0) this.#writeSince = now;
      else if (now - this.#writeSince >= this.#writeMs) {
        this.#writeMs = Infinity;
        this.#onStall(true);
      }
    }
  }
}
