import { ProxyError } from "../../../errors/mod.ts";
import type { Body, HeaderMap } from "../../http/mod.ts";
import { giveLarge, takeLarge } from "../_buffers.ts";
import { type ChunkedDecoder, parseError } from "../codec/mod.ts";
import { brokenContent } from "./_failures.ts";
import { HeldContent } from "./_held_content.ts";

const NO_BYTES = new Uint8Array(0);

/** Where the content of a response comes from. */
export interface ContentSource {
  /** Reads on; null at the end of the connection. Rejects with why the exchange is over. */
  readContent(into: Uint8Array): Promise<number | null>;
  /** All of it was received; `isClean` when nothing came behind it. */
  contentEnded(isClean: boolean): void;
  /** It is not going to be read to its end. */
  abandon(error: ProxyError): void;
}

/** Options of {@linkcode StreamedContent}. */
export interface StreamedContentOptions {
  /** What came with the head. */
  bytes: Uint8Array;
  /** Where it starts. */
  start: number;
  /** Where it ends. */
  end: number;
  /** How long the content is; -1 when its chunks or the end of the connection tell. */
  length: number;
  /** Finds the content in its chunks. */
  decoder: ChunkedDecoder | null;
}

/**
 * The content of a response, from its head's buffer first, then read into a borrowed one. The connection
 * is told of the end as soon as the last byte is there, so that it can be used again while the reader is
 * still busy with it.
 */
export class StreamedContent implements Body {
  readonly length?: number;
  readonly #source: ContentSource;
  readonly #decoder: ChunkedDecoder | null;
  #left: number;
  #bytes: Uint8Array;
  #start: number;
  #end: number;
  #buffer: Uint8Array | null = null;
  #isDone = false;
  #isReading = false;
  /** What {@linkcode StreamedContent.held} has found without the end. */
  #first: Uint8Array | null = null;
  #failure: ProxyError | null = null;
  #trailers: HeaderMap | null = null;

  constructor(source: ContentSource, options: StreamedContentOptions) {
    const { bytes, start, end, length, decoder } = options;
    this.#source = source;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#left = length < 0 ? Infinity : length;
    if (length >= 0) this.length = length;
    this.#decoder = decoder;
  }

  get trailers(): HeaderMap | null {
    return this.#trailers;
  }

  get isReady(): boolean {
    return this.#decoder === null && !this.#isDone && this.#start < this.#end;
  }

  /**
   * The content in another form where all of its chunks came with the head; asked for before the first
   * read.
   *
   * @throws {ProxyError} `bad_response` when a chunk is malformed
   */
  held(decoder: ChunkedDecoder): HeldContent | null {
    const first = this.#first = this.#takeChunks(decoder);
    if (!this.#isDone) return null;
    const bytes = first ?? NO_BYTES;
    return new HeldContent(bytes, 0, bytes.byteLength, this.#trailers);
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#failure !== null) throw this.#failure;
    const first = this.#first;
    if (first !== null) {
      this.#first = null;
      return first;
    }
    this.#isReading = true;
    try {
      while (!this.#isDone) {
        if (this.#start === this.#end && !await this.#fill()) break;
        const chunk = this.#decoder === null
          ? this.#takeCounted()
          : this.#takeChunks(this.#decoder);
        if (chunk !== null) return chunk;
      }
    } catch (cause) {
      this.#giveBuffer();
      throw this.#fail(ProxyError.from(cause, "upstream_body_broken"));
    } finally {
      this.#isReading = false;
    }
    this.#giveBuffer();
    if (this.#failure !== null) throw this.#failure;
    return null;
  }

  async readTo(to: Uint8Array): Promise<number> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#decoder !== null) return await this.#copyChunk(to);
    if (this.#isDone) return 0;
    if (this.#start < this.#end) return this.#copyCounted(to);
    this.#isReading = true;
    try {
      // Into all of the room: a read that is filled makes the next one ask the system in vain.
      const count = await this.#source.readContent(to);
      if (this.#failure !== null) throw this.#failure;
      if (count === null) {
        if (this.#left !== Infinity) throw brokenContent();
        this.#finish(false);
        return 0;
      }
      const taken = Math.min(count, this.#left);
      this.#left -= taken;
      if (this.#left === 0) this.#finish(taken === count);
      return taken;
    } catch (cause) {
      throw this.#fail(ProxyError.from(cause, "upstream_body_broken"));
    } finally {
      this.#isReading = false;
    }
  }

  #copyCounted(to: Uint8Array): number {
    const { byteLength } = to;
    const start = this.#start;
    const end = Math.min(this.#end, start + this.#left, start + byteLength);
    to.set(this.#bytes.subarray(start, end));
    this.#left -= end - start;
    this.#start = end;
    if (this.#left === 0) this.#finish(end === this.#end);
    return end - start;
  }

  async #copyChunk(to: Uint8Array): Promise<number> {
    const chunk = await this.read();
    if (chunk === null) return 0;
    const count = Math.min(chunk.byteLength, to.byteLength);
    to.set(chunk.subarray(0, count));
    if (count < chunk.byteLength) this.#first = chunk.subarray(count);
    return count;
  }

  cancel(reason?: unknown): void {
    if (this.#isDone) return;
    this.#fail(ProxyError.from(reason ?? new ProxyError("client_gone"), "client_gone"));
    if (!this.#isReading) this.#giveBuffer();
  }

  /** Reads on; false at the end of the connection, where that is the end of the content. */
  async #fill(): Promise<boolean> {
    const buffer = this.#buffer ??= takeLarge();
    const count = await this.#source.readContent(buffer);
    if (this.#failure !== null) return false;
    if (count === null) {
      if (this.#left !== Infinity || this.#decoder !== null) throw brokenContent();
      this.#finish(false);
      return false;
    }
    this.#bytes = buffer;
    this.#start = 0;
    this.#end = count;
    return true;
  }

  #takeCounted(): Uint8Array {
    const start = this.#start;
    const end = Math.min(this.#end, start + this.#left);
    this.#left -= end - start;
    this.#start = end;
    if (this.#left === 0) this.#finish(end === this.#end);
    return this.#bytes.subarray(start, end);
  }

  /** The data of all chunks that are there, moved together: one write for the reader, not many. */
  #takeChunks(decoder: ChunkedDecoder): Uint8Array | null {
    const bytes = this.#bytes;
    let from = -1;
    let to = -1;
    while (this.#start < this.#end && !decoder.isDone) {
      const next = decoder.decode(bytes, this.#start, this.#end);
      if (next < 0) throw parseError(next, "response");
      this.#start = next;
      const { dataStart, dataEnd } = decoder;
      if (dataStart === dataEnd) continue;
      if (from < 0) from = to = dataStart;
      if (to !== dataStart) bytes.copyWithin(to, dataStart, dataEnd);
      to += dataEnd - dataStart;
    }
    if (decoder.isDone) {
      this.#trailers = decoder.trailers;
      this.#finish(this.#start === this.#end);
    }
    return from < 0 ? null : bytes.subarray(from, to);
  }

  #finish(isClean: boolean): void {
    this.#isDone = true;
    this.#source.contentEnded(isClean);
  }

  #fail(error: ProxyError): ProxyError {
    if (this.#isDone) return this.#failure ?? error;
    this.#isDone = true;
    this.#failure = error;
    this.#source.abandon(error);
    return error;
  }

  #giveBuffer(): void {
    if (this.#buffer !== null) giveLarge(this.#buffer);
    this.#buffer = null;
  }
}
