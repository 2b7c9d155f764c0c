import type { Duplex } from "../duplex.ts";
import {
  giveLarge,
  giveSmall,
  LARGE_BUFFER,
  SMALL_BUFFER,
  takeLarge,
  takeSmall,
} from "../_buffers.ts";

/** What a connection holds while it is idle: an own buffer for the read that waits. */
const IDLE_BUFFER = 1_024;
/** A read into less room is not worth its call. */
const MIN_ROOM = 256;

/**
 * The bytes that came from a client and were not used yet: `bytes[start..end)`.
 *
 * An idle connection costs one kilobyte: only a head that does not fit borrows a larger buffer, and gives
 * it back before the next request. One read may be parked, so that a client that leaves while its answer
 * is worked on is noticed at once; what it brings is the beginning of the next request.
 */
export class Inbound {
  readonly #duplex: Duplex;
  readonly #idle = new Uint8Array(IDLE_BUFFER);
  readonly #maxBytes: number;
  bytes: Uint8Array = this.#idle;
  start = 0;
  end = 0;
  #parked: Promise<number | null> | null = null;
  #parkedInto: Uint8Array = this.#idle;
  #parkedAt = 0;

  /** @param maxBytes how many bytes at most may wait: a whole head */
  constructor(duplex: Duplex, maxBytes: number) {
    this.#duplex = duplex;
    this.#maxBytes = maxBytes;
  }

  /** Whether a read is parked. */
  get isParked(): boolean {
    return this.#parked !== null;
  }

  /**
   * Begins a read whose bytes come later. Nothing that lies between 0 and `end` is overwritten: the head
   * that is worked on may be there.
   *
   * @returns its promise; null when there is no room for it
   */
  park(): Promise<number | null> | null {
    if (this.#parked !== null) return null;
    if (this.bytes !== this.#idle && this.start === this.end) {
      // The borrowed buffer can be given back while the read waits on.
      this.#parkedInto = this.#idle;
      this.#parkedAt = 0;
    } else if (this.bytes.byteLength - this.end >= MIN_ROOM) {
      this.#parkedInto = this.bytes;
      this.#parkedAt = this.end;
    } else if (this.start === this.end) {
      // The head fills the idle buffer, as a browser's does: the read gets one of its own.
      this.#parkedInto = new Uint8Array(IDLE_BUFFER);
      this.#parkedAt = 0;
    } else return null;
    return this.#parked = this.#duplex.read(this.#parkedInto.subarray(this.#parkedAt));
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

  /** The head is done with: gives a borrowed buffer back where that is possible. */
  recycle(): void {
    if (this.start !== this.end) return;
    const isWaitingThere = this.#parked !== null && this.#parkedInto === this.bytes;
    if (!isWaitingThere) this.#useIdle();
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
    const giveBack = (): void => this.#useIdle();
    // A read that is parked may bring something even now.
    if (this.#parked !== null && this.#parkedInto === this.bytes) {
      this.#parked.then(giveBack, giveBack);
    } else giveBack();
  }

  #useIdle(): void {
    if (this.bytes.byteLength === SMALL_BUFFER) giveSmall(this.bytes);
    else if (this.bytes.byteLength === LARGE_BUFFER) giveLarge(this.bytes);
    this.bytes = this.#idle;
    this.start = this.end = 0;
  }

  #takeParked(): void {
    this.#parked = null;
    if (this.#parkedInto !== this.bytes) {
      // Nothing waits in the buffer in use: the parked read would not have gone elsewhere.
      this.#useIdle();
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
    return this.bytes.subarray(this.end);
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
    this.#useIdle();
    this.bytes = larger;
    this.end = end - start;
  }
}
