import { SMALL_BUFFER } from "../_buffers.ts";
import { WireResponseHead } from "../codec/mod.ts";

/**
 * What one response lies in: a buffer and the head over it. The exchange borrows it until the engine
 * releases the reply, while its connection has long taken another one for the next response. A slot that
 * nobody gives back is left to the garbage collector.
 */
export class ResponseSlot {
  readonly head: WireResponseHead = new WireResponseHead();
  /** Replaced by a larger one when a head needs it. */
  buffer: Uint8Array = new Uint8Array(SMALL_BUFFER);
  /** Gives it back; made once, so that a reply can carry it. */
  readonly release: () => void;
  isFree = false;

  constructor(slots: ResponseSlots) {
    this.release = () => slots.give(this);
  }
}

/** Slots that wait for their next response. */
export class ResponseSlots {
  readonly #free: ResponseSlot[] = [];
  readonly #maxFree: number;

  /** @param maxFree more are not kept */
  constructor(maxFree: number) {
    this.#maxFree = maxFree;
  }

  /** How many are free. */
  get freeCount(): number {
    return this.#free.length;
  }

  take(): ResponseSlot {
    const slot = this.#free.pop();
    if (slot === undefined) return new ResponseSlot(this);
    slot.isFree = false;
    return slot;
  }

  give(slot: ResponseSlot): void {
    if (slot.isFree) return;
    slot.isFree = true;
    if (slot.buffer.byteLength !== SMALL_BUFFER || this.#free.length >= this.#maxFree) return;
    this.#free.push(slot);
  }
}
