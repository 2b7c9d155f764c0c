import { SMALL_BUFFER } from "../_buffers.ts";
import { ResponseParser, type ResponseParserOptions, WireResponseHead } from "../codec/mod.ts";

/**
 * What one response lies in: a buffer, the head over it and the parser that fills it. The exchange borrows
 * it until the engine releases the reply, while its connection has long taken another one for the next
 * response. A slot that nobody gives back is left to the garbage collector.
 */
export class ResponseSlot {
  readonly head: WireResponseHead = new WireResponseHead();
  readonly #parser: ResponseParser;
  /** Gives it back; made once, so that a reply can carry it. */
  readonly release: () => void;
  /** Replaced by a larger one when a head needs it. */
  buffer: Uint8Array = new Uint8Array(SMALL_BUFFER);
  /** Where the bytes end that were received. */
  end = 0;
  /** How many interim responses there were. */
  interimCount = 0;
  isFree = false;
  #start = 0;
  #method = "";

  constructor(slots: ResponseSlots, limits: ResponseParserOptions) {
    this.#parser = new ResponseParser(limits);
    this.release = () => slots.give(this);
  }

  /** Begins the answers to a request with this method. */
  begin(method: string): void {
    this.#method = method;
    this.#start = this.end = this.interimCount = 0;
    this.#parser.begin(method);
  }

  /** Whether some of the response has come. */
  get hasBytes(): boolean {
    return this.end > 0 || this.interimCount > 0;
  }

  /**
   * Reads the next head, interim or final.
   *
   * @returns the offset behind it, 0 when more bytes are needed, or a fault
   */
  next(): number {
    const at = this.#parser.parse(this.buffer, this.#start, this.end, this.head);
    if (at > 0) {
      this.#start = at;
      if (this.head.status < 200) this.#parser.begin(this.#method);
    }
    return at;
  }

  /** Where more bytes go; the parser counts from the start of the message, so its bytes may move. */
  room(): Uint8Array {
    if (this.#start > 0) {
      this.buffer.copyWithin(0, this.#start, this.end);
      this.end -= this.#start;
      this.#start = 0;
    } else if (this.end === this.buffer.byteLength) {
      const larger = new Uint8Array(this.end * 4);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    return this.buffer.subarray(this.end);
  }
}

/** Slots that wait for their next response. */
export class ResponseSlots {
  readonly #free: ResponseSlot[] = [];
  readonly #limits: ResponseParserOptions;
  readonly #maxFree: number;

  /** @param maxFree more are not kept */
  constructor(limits: ResponseParserOptions, maxFree: number) {
    this.#limits = limits;
    this.#maxFree = maxFree;
    // Looks at the limits now, and not when the first response comes.
    this.give(new ResponseSlot(this, limits));
  }

  /** How many are free. */
  get freeCount(): number {
    return this.#free.length;
  }

  take(): ResponseSlot {
    const slot = this.#free.pop();
    if (slot === undefined) return new ResponseSlot(this, this.#limits);
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
