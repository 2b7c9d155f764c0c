import type { Duplex } from "../duplex.ts";
import { giveBack, LARGE_BUFFER, SMALL_BUFFER, takeLarge, takeSmall } from "../_buffers.ts";

/** What a connection holds while it is idle: an own buffer for the read that waits. */
const IDLE_BUFFER = 1_024;
/** A read into less room is not worth its call. */
const MIN_ROOM = 256;
const NO_BYTES = new Uint8Array(0);

/**
 * The bytes that came from a client and were not used yet: `bytes[start..end)`.
 *
 * A connection has an own kilobyte for the head that is worked on and one for the read that is parked
 * meanwhile, so that a client that leaves is noticed at once; what that read brings is the beginning of the
 * next request. Only a head that does not fit borrows a larger buffer, and gives it back before the next
 * request.
 */
export class Inbound {
  readonly #duplex: Duplex;
  readonly #maxBytes: number;
  #one: Uint8Array = new Uint8Array(IDLE_BUFFER);
  /** Made when a read is parked for the first time. */
  #other: Uint8Array | null = null;
  bytes: Uint8Array = this.#one;
  start = 0;
  end = 0;
  #parked: Promise<number | null> | null = null;
  #parkedInto: Uint8Array = NO_BYTES;
  #parkedAt = 0;
  /** Where the head that is worked on lies; nothing is written over it. */
  #headBuffer: Uint8Array = NO_BYTES;

  /** @param maxBytes how many bytes at most may wait: a whole head */
  constructor(duplex: Duplex, maxBytes: number) {
    this.#duplex = duplex;
    this.#maxBytes = maxBytes;
  }

  /** Whether a read is parked. */
  get isParked(): boolean {
    return this.#parked !== null;
  }

  /** The head in `bytes` is going to be worked on, until {@linkcode Inbound.recycle}. */
  hold(): void {
    this.#headBuffer = this.bytes;
  }

  /**
   * Begins a read whose bytes come later. Nothing that lies between 0 and `end` is overwritten: the head
   * that is worked on may be there.
   *
   * @returns its promise; null when there is no room for it
   */
  park(): Promise<number | null> | null {
    if (this.#parked !== null) return null;
    const hasRoom = this.bytes.byteLength - this.end >= MIN_ROOM;
    if (this.start === this.end) {
      const free = this.#free() ?? (hasRoom ? null : new Uint8Array(IDLE_BUFFER));
      if (free !== null) {
        this.#parkedInto = free;
        this.#parkedAt = 0;
        return this.#parked = this.#duplex.read(free);
      }
    }
    if (!hasRoom) return null;
    this.#parkedInto = this.bytes;
    this.#parkedAt = this.end;
    return this.#parked = this.#duplex.read(this.bytes.subarray(this.end));
  }

  /** That of the own buffers in which nothing lies that is worked on. */
  #free(): Uint8Array | null {
    const { bytes } = this;
    if (bytes !== this.#one && this.#headBuffer !== this.#one) return this.#one;
    const other = this.#other ??= new Uint8Array(IDLE_BUFFER);
    return bytes !== other && this.#headBuffer !== other ? other : null;
  }

  /** Waits for more bytes; null at the end of the client's direction. */
  async fill(): Promise<number | null> {
    const count = await this.next();
    this.took(count);
    return count;
  }

  /**
   * The read that brings more bytes, the parked one or a new one; {@linkcode Inbound.took} has to be told
   * of what it gave. The two of them are `fill` without an async function.
   */
  next(): Promise<number | null> {
    return this.#parked ?? this.#duplex.read(this.#room());
  }

  /** Takes what {@linkcode Inbound.next} has brought. */
  took(count: number | null): void {
    if (this.#parked !== null) this.#takeParked();
    if (count !== null) this.end += count;
  }

  /** The head is done with: gives its buffer back where nothing else lies in it. */
  recycle(): void {
    this.#release();
    if (this.start !== this.end) return;
    const isWaitingThere = this.#parked !== null && this.#parkedInto === this.bytes;
    if (!isWaitingThere) this.#leave();
  }

  /** Keeps no more than what the parked read needs; nothing is there, and nothing is worked on. */
  shrink(): void {
    if (this.start !== this.end || this.#parked === null || this.#parkedInto === this.bytes) return;
    if (this.#parkedInto.byteLength !== IDLE_BUFFER) return;
    this.#one = this.#parkedInto;
    this.#other = null;
    this.bytes = NO_BYTES;
    this.start = this.end = 0;
  }

  /** Somebody holds on to bytes in this buffer, perhaps in a write that takes its time: it is left to him. */
  forsake(buffer: Uint8Array): void {
    if (this.#parked !== null && this.#parkedInto === buffer) return;
    if (this.#headBuffer === buffer) this.#headBuffer = NO_BYTES;
    if (this.#other === buffer) this.#other = null;
    if (this.#one === buffer) this.#one = new Uint8Array(IDLE_BUFFER);
    if (this.bytes !== buffer) return;
    const rest = buffer.subarray(this.start, this.end);
    const isOneTaken = this.#parked !== null && this.#parkedInto === this.#one;
    this.bytes = isOneTaken ? NO_BYTES : this.#one;
    this.unread(rest);
  }

  /** Puts bytes that were read elsewhere in front of what will be read. */
  unread(bytes: Uint8Array): void {
    this.start = this.end = 0;
    if (bytes.byteLength > this.bytes.byteLength) this.#borrow(bytes.byteLength);
    this.bytes.set(bytes);
    this.end = bytes.byteLength;
  }

  /** Gives borrowed memory back; the connection is over. */
  dispose(): void {
    this.#release();
    const leave = (): void => this.#leave();
    // A read that is parked may bring something even now.
    if (this.#parked !== null && this.#parkedInto === this.bytes) this.#parked.then(leave, leave);
    else leave();
  }

  /** The head is not worked on any more. */
  #release(): void {
    if (this.#headBuffer !== this.bytes) giveBack(this.#headBuffer);
    this.#headBuffer = NO_BYTES;
  }

  /** Gives the buffer back where it is borrowed; nothing is in it. */
  #leave(): void {
    this.start = this.end = 0;
    if (this.bytes.byteLength <= IDLE_BUFFER) return;
    if (this.bytes !== this.#headBuffer) giveBack(this.bytes);
    const isOneTaken = this.#parked !== null && this.#parkedInto === this.#one;
    this.bytes = isOneTaken ? this.#other ?? NO_BYTES : this.#one;
  }

  #takeParked(): void {
    this.#parked = null;
    if (this.#parkedInto !== this.bytes) {
      // Nothing waits in the buffer in use: the parked read would not have gone elsewhere.
      this.#leave();
      this.bytes = this.#parkedInto;
    }
    if (this.start === this.end) this.start = this.end = this.#parkedAt;
  }

  /** Room for a read behind `end`. */
  #room(): Uint8Array {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.bytes.byteLength - this.end < MIN_ROOM) {
      if (this.start > 0) {
        this.bytes.copyWithin(0, this.start, this.end);
        this.end -= this.start;
        this.start = 0;
      }
      if (this.bytes.byteLength - this.end < MIN_ROOM) {
        this.#borrow(this.bytes.byteLength + MIN_ROOM);
      }
    }
    return this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
  }

  /** Moves to a larger buffer: 16 KiB, 64 KiB, or what the largest head takes. */
  #borrow(minBytes: number): void {
    const larger = minBytes <= SMALL_BUFFER
      ? takeSmall()
      : minBytes <= LARGE_BUFFER
      ? takeLarge()
      : new Uint8Array(Math.max(minBytes, this.#maxBytes + MIN_ROOM));
    const { bytes, start, end } = this;
    larger.set(bytes.subarray(start, end));
    this.#leave();
    this.bytes = larger;
    this.end = end - start;
  }
}
