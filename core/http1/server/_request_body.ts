import { ProxyError } from "../../../errors/mod.ts";
import type { Body, HeaderMap } from "../../http/mod.ts";
import { giveLarge, takeLarge } from "../_buffers.ts";
import { ChunkedDecoder, Framing, parseError, type WireRequestHead } from "../codec/mod.ts";
import type { Inbound } from "./_inbound.ts";

/** What the content of a request needs of its connection. */
export interface BodySource {
  readonly inbound: Inbound;
  /**
   * Reads from the client within the time that it has; 0 bytes is never given.
   *
   * @param into null for the read that is parked, whose bytes come to `inbound`
   */
  readContent(into: Uint8Array | null): Promise<number | null>;
  /** Tells a client that waits for it to go on (RFC 9110 §10.1.1). */
  sendContinue(): Promise<void>;
  /** The content has been read to its end; `hasMore` tells whether what is behind it has been read too. */
  contentEnded(hasMore: boolean): void;
}

/**
 * The content of one request on the wire: what came with the head first, then reads into a borrowed
 * buffer, never beyond the end where the length is known.
 */
export class RequestBody implements Body {
  readonly length?: number;
  readonly #source: BodySource;
  readonly #decoder: ChunkedDecoder | null;
  #remaining: number;
  #awaitsContinue: boolean;
  #buffer: Uint8Array | null = null;
  /** What was read of the chunked content into the buffer and not decoded yet. */
  #start = 0;
  #end = 0;
  #isDone = false;
  #isCancelled = false;
  /** The exchange has ended before the content: what is left of it is nobody's. */
  #isOver = false;
  #isReleased = false;
  #isReading = false;
  /** Whether somebody has a chunk in the buffer and has not come back for the next one. */
  #isLent = false;
  /** The buffer of the connection that somebody has a chunk of. */
  #lentInbound: Uint8Array | null = null;
  #failure: ProxyError | null = null;
  /** Bytes of content that were given out. */
  receivedBytes = 0;

  constructor(source: BodySource, head: WireRequestHead) {
    this.#source = source;
    const isChunked = head.framing === Framing.CHUNKED;
    this.#decoder = isChunked ? new ChunkedDecoder() : null;
    this.#remaining = isChunked ? 0 : head.contentLength;
    if (!isChunked) this.length = head.contentLength;
    this.#awaitsContinue = head.expectsContinue;
    if (!isChunked && head.contentLength === 0) this.#finish();
  }

  /** Whether all of it was read from the connection. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether the client still waits to be told to send it. */
  get awaitsContinue(): boolean {
    return this.#awaitsContinue;
  }

  /** Whether the connection cannot go on behind it. */
  get isBroken(): boolean {
    return this.#failure !== null || this.#isReading;
  }

  get trailers(): HeaderMap | null {
    return this.#isDone && this.#decoder !== null ? this.#decoder.trailers : null;
  }

  /** Whether bytes of it have come that nobody has read. */
  get isReady(): boolean {
    const { inbound } = this.#source;
    return this.#isDone || inbound.start < inbound.end || this.#start < this.#end;
  }

  readInto(to: Uint8Array, at: number): number {
    const { inbound } = this.#source;
    const count = this.#remaining;
    const isFresh = this.#decoder === null && this.receivedBytes === 0 && !this.#isDone;
    if (!isFresh || this.#isCancelled || this.#isOver || this.#isReading) return -1;
    const isWhole = inbound.end - inbound.start >= count && to.byteLength - at >= count;
    if (!isWhole || this.#failure !== null) return -1;
    to.set(inbound.bytes.subarray(inbound.start, inbound.start += count), at);
    this.#remaining = 0;
    this.receivedBytes = count;
    this.#finish();
    return count;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isCancelled) return Promise.resolve(null);
    if (this.#isOver) return Promise.reject(overError());
    if (this.#isReading) return Promise.reject(busyError());
    this.#isLent = false;
    this.#lentInbound = null;
    return this.#isDone ? Promise.resolve(null) : this.#next();
  }

  async #next(): Promise<Uint8Array | null> {
    this.#isReading = true;
    try {
      if (this.#awaitsContinue) {
        this.#awaitsContinue = false;
        await this.#source.sendContinue();
      }
      const chunk = this.#decoder === null
        ? await this.#readCounted()
        : await this.#readChunked(this.#decoder);
      if (chunk !== null) {
        this.receivedBytes += chunk.byteLength;
        this.#isLent = chunk.buffer === this.#buffer?.buffer;
        this.#lentInbound = this.#isLent ? null : this.#source.inbound.bytes;
      }
      return chunk;
    } catch (error) {
      this.#failure = ProxyError.from(error, "client_body_broken");
      if (this.#isReleased) this.#giveBack();
      throw this.#failure;
    } finally {
      this.#isReading = false;
    }
  }

  /** The read that waits is given up: when it ends after all, it writes into the buffer. */
  leaveBuffer(): void {
    this.#buffer = null;
    this.#start = this.#end = 0;
  }

  /** Nobody wants the rest; the connection decides whether to read and drop it. */
  cancel(): void {
    this.#isCancelled = true;
    this.#isLent = false;
    this.#lentInbound = null;
  }

  /**
   * Reads and drops the rest.
   *
   * @returns whether the end was found within so many bytes
   */
  async drain(maxBytes: number): Promise<boolean> {
    if (this.#isDone) return true;
    this.#isOver = true;
    if (this.#remaining > maxBytes) return false;
    if (this.#isLent) this.#changeBuffer();
    this.#forsakeInbound();
    let left = maxBytes;
    while (!this.#isDone) {
      const chunk = await this.#next();
      this.#isLent = false;
      this.#lentInbound = null;
      if (chunk !== null && (left -= chunk.byteLength) < 0) return false;
    }
    return true;
  }

  /** Leaves the buffer to whoever holds a chunk of it, perhaps in a write that takes its time. */
  #changeBuffer(): void {
    const rest = this.#buffer?.subarray(this.#start, this.#end) ?? new Uint8Array(0);
    this.#buffer = takeLarge();
    this.#buffer.set(rest);
    this.#start = 0;
    this.#end = rest.byteLength;
    this.#isLent = false;
  }

  /**
   * Ends the use of the borrowed buffer; the exchange is over. What was read beyond the end of chunked
   * content goes back to the connection.
   */
  release(): void {
    const buffer = this.#buffer;
    this.#isOver ||= !this.#isDone;
    this.#isReleased = true;
    this.#forsakeInbound();
    if (buffer === null || this.#isReading) return;
    if (this.#start < this.#end) {
      this.#source.inbound.unread(buffer.subarray(this.#start, this.#end));
    }
    this.#giveBack();
  }

  #forsakeInbound(): void {
    if (this.#lentInbound !== null) this.#source.inbound.forsake(this.#lentInbound);
    this.#lentInbound = null;
  }

  #giveBack(): void {
    if (this.#buffer !== null && !this.#isLent) giveLarge(this.#buffer);
    this.#buffer = null;
  }

  /** The read that was parked behind the request before has the beginning of this content. */
  async #takeParked(): Promise<void> {
    if (await this.#source.readContent(null) === null) throw brokenOff();
  }

  async #readCounted(): Promise<Uint8Array | null> {
    const { inbound } = this.#source;
    if (inbound.start === inbound.end && inbound.isParked) await this.#takeParked();
    const waiting = inbound.end - inbound.start;
    let chunk: Uint8Array;
    if (waiting > 0) {
      const count = Math.min(waiting, this.#remaining);
      chunk = inbound.bytes.subarray(inbound.start, inbound.start += count);
    } else {
      const buffer = this.#buffer ??= takeLarge();
      const room = Math.min(buffer.byteLength, this.#remaining);
      const count = await this.#source.readContent(buffer.subarray(0, room));
      if (count === null) throw brokenOff();
      chunk = buffer.subarray(0, count);
    }
    this.#remaining -= chunk.byteLength;
    if (this.#remaining === 0) this.#finish();
    return chunk;
  }

  async #readChunked(decoder: ChunkedDecoder): Promise<Uint8Array | null> {
    const { inbound } = this.#source;
    for (;;) {
      if (inbound.start === inbound.end && inbound.isParked) await this.#takeParked();
      const isFromHead = inbound.start < inbound.end;
      if (!isFromHead && this.#start === this.#end) {
        const buffer = this.#buffer ??= takeLarge();
        const count = await this.#source.readContent(buffer);
        if (count === null) throw brokenOff();
        this.#start = 0;
        this.#end = count;
      }
      const bytes = isFromHead ? inbound.bytes : this.#buffer ?? inbound.bytes;
      const start = isFromHead ? inbound.start : this.#start;
      const end = isFromHead ? inbound.end : this.#end;
      const next = decoder.decode(bytes, start, end);
      if (next < 0) throw parseError(next, "request");
      if (isFromHead) inbound.start = next;
      else this.#start = next;
      if (decoder.isDone) {
        this.#finish();
        return null;
      }
      if (decoder.dataEnd > decoder.dataStart) {
        return bytes.subarray(decoder.dataStart, decoder.dataEnd);
      }
    }
  }

  #finish(): void {
    this.#isDone = true;
    this.#awaitsContinue = false;
    this.#source.contentEnded(this.#start < this.#end);
  }
}

function busyError(): TypeError {
  return new TypeError("Cannot read the request body: a read waits already");
}

function overError(): ProxyError {
  return new ProxyError(
    "client_body_broken",
    "Cannot read the request body: its exchange has ended",
  );
}

function brokenOff(): ProxyError {
  return new ProxyError(
    "client_body_broken",
    "Cannot read the request body: the client ended before its end",
  );
}
