import { CR, HTAB, LF, SP } from "./_bytes.ts";
import {
  EXTENSION_BAD,
  EXTENSION_END,
  EXTENSION_START,
  extensionStep,
} from "./_chunk_extension.ts";
import { checkLimit } from "./_limits.ts";
import { TrailerSection } from "./_trailer_section.ts";
import type { IndexedHeaders } from "./indexed_headers.ts";
import { ParseFault } from "./parse_error.ts";

/** Options of {@linkcode ChunkedDecoder}. */
export interface ChunkedDecoderOptions {
  /**
   * How many bytes of extensions one chunk may have.
   *
   * @default {256}
   */
  readonly maxExtensionBytes?: number;
  /**
   * How many bytes of extensions all chunks of a content may have together.
   *
   * @default {16384}
   */
  readonly maxTotalExtensionBytes?: number;
  /**
   * How many bytes the trailer section may have.
   *
   * @default {8192}
   */
  readonly maxTrailerBytes?: number;
  /**
   * How many fields it may have.
   *
   * @default {64}
   */
  readonly maxTrailerFields?: number;
}

const SEMICOLON = 59;

/** The value of each hexadecimal digit, 16 for all other bytes. */
const HEX_DIGITS: Uint8Array = /* @__PURE__ */ hexTable();

function hexTable(): Uint8Array {
  const table = new Uint8Array(256).fill(16);
  for (let digit = 0; digit < 16; digit++) {
    const text = digit.toString(16);
    table[text.charCodeAt(0)] = table[text.toUpperCase().charCodeAt(0)] = digit;
  }
  return table;
}

/** Leading zeros are digits too (RFC 9112 §7.1): so many are enough for any size. */
const MAX_SIZE_DIGITS = 16;

// What the decoder reads next.
const SIZE = 0;
const EXTENSION = 1;
const SIZE_CR = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS = 7;
const TRAILER_FIELDS = 8;
const LAST_LF = 9;
const DONE = 10;

/**
 * The strict decoder of chunked content (RFC 9112 §7.1). It works on the bytes where they lie: a call
 * tells by `dataStart` and `dataEnd` which of them are content. Sizes are hexadecimal digits and nothing
 * else, extensions are checked and never handed on, lines end with CRLF.
 *
 * Two ways to read, not to be mixed within one content: {@linkcode ChunkedDecoder.decode} gives the data
 * of one chunk at a time, {@linkcode ChunkedDecoder.relay} gives bytes that can be sent on as they stand.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ChunkedDecoder } from "@pingo/pingo/core";
 *
 * const bytes = new TextEncoder().encode("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
 * const decoder = new ChunkedDecoder();
 * let at = 0;
 * let content = "";
 * while (!decoder.isDone) {
 *   at = decoder.decode(bytes, at, bytes.length);
 *   content += new TextDecoder().decode(bytes.subarray(decoder.dataStart, decoder.dataEnd));
 * }
 * assertEquals(content, "abcde");
 * assertEquals(decoder.trailers?.get("x-sum"), "5");
 * ```
 */
export class ChunkedDecoder {
  /** Where the bytes start that the last call found; valid as long as they are. */
  dataStart = 0;
  /** Where they end; the same as `dataStart` when it found none. */
  dataEnd = 0;
  /** How many bytes of content have been found so far. */
  contentBytes = 0;
  readonly #maxExtensionBytes: number;
  readonly #maxTotalExtensionBytes: number;
  readonly #maxTrailerBytes: number;
  readonly #maxTrailerFields: number;
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #extension = 0;
  #extensionBytes = 0;
  #totalExtensionBytes = 0;
  #section: TrailerSection | null = null;
  #fault = 0;

  /**
   * Makes a decoder with these limits.
   *
   * @throws {RangeError} when a limit is not a whole number, or is below zero
   */
  constructor(options: ChunkedDecoderOptions = {}) {
    const {
      maxExtensionBytes = 256,
      maxTotalExtensionBytes = 16384,
      maxTrailerBytes = 8192,
      maxTrailerFields = 64,
    } = options;
    checkLimit("maxExtensionBytes", maxExtensionBytes, 0, 2 ** 24);
    checkLimit("maxTotalExtensionBytes", maxTotalExtensionBytes, 0, 2 ** 30);
    checkLimit("maxTrailerBytes", maxTrailerBytes, 2, 2 ** 24);
    checkLimit("maxTrailerFields", maxTrailerFields, 0, 65535);
    this.#maxExtensionBytes = maxExtensionBytes;
    this.#maxTotalExtensionBytes = maxTotalExtensionBytes;
    this.#maxTrailerBytes = maxTrailerBytes;
    this.#maxTrailerFields = maxTrailerFields;
  }

  /** Whether the end of the content, with its trailer section, has been read. */
  get isDone(): boolean {
    return this.#state === DONE;
  }

  /**
   * The trailer fields when `isDone`, without those that may not be there (RFC 9110 §6.5.1); null when
   * there were no lines at all. They have bytes of their own and stay valid.
   */
  get trailers(): IndexedHeaders | null {
    return this.#state === DONE && this.#section !== null ? this.#section.fields : null;
  }

  /** Begins another content. */
  reset(): void {
    this.#state = SIZE;
    this.#size =
      this.#digits =
      this.#fault =
      this.#totalExtensionBytes =
        0;
    this.dataStart = this.dataEnd = this.contentBytes = 0;
    this.#section = null;
  }

  /**
   * Finds the data of one chunk, or as much of it as is there.
   *
   * @returns the offset up to which the bytes are used, or a {@linkcode ParseFault}. Less than `end`
   * means that there is more in them, or that the rest is not of this content. Data and `isDone` never
   * come together.
   */
  decode(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let at = start;
    while (at < end && this.#state !== DATA && this.#state !== DONE) {
      at = this.#step(bytes, at, end);
      if (at < 0) return at;
    }
    if (this.#state !== DATA) return at;
    this.dataStart = at;
    return this.dataEnd = this.#skipData(at, end);
  }

  /**
   * Finds bytes of the chunked content itself that can be sent on as they stand: size lines, data and
   * the end, checked like everything else, over as many chunks as there are. Extensions are left out,
   * and so is a trailer section with fields: when `isDone` and `trailers` is not null, the caller writes
   * it ({@linkcode writeTrailers}); when it is null, the bytes found were the last.
   *
   * @returns as {@linkcode ChunkedDecoder.decode}, but here bytes and `isDone` may come together
   */
  relay(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let at = start;
    while (at < end && this.#isLeftOut()) {
      at = this.#step(bytes, at, end);
      if (at < 0) return at;
    }
    const from = at;
    while (at < end && this.#state !== DONE) {
      const next = this.#state === DATA ? this.#skipData(at, end) : this.#step(bytes, at, end);
      if (next < 0) return next;
      at = next;
      if (this.#isLeftOut()) break;
    }
    this.dataStart = from;
    return this.dataEnd = at;
  }

  #isLeftOut(): boolean {
    return this.#state === EXTENSION || this.#state === TRAILER_FIELDS;
  }

  /** Takes what is there of the data of a chunk. */
  #skipData(at: number, end: number): number {
    const length = Math.min(this.#size, end - at);
    this.#size -= length;
    this.contentBytes += length;
    if (this.#size === 0) this.#state = DATA_CR;
    return at + length;
  }

  /** Reads one element that is not data; a fault is kept. */
  #step(bytes: Uint8Array, at: number, end: number): number {
    const next = this.#fault < 0 ? this.#fault : this.#read(bytes, at, end);
    if (next < 0) this.#fault = next;
    return next;
  }

  #read(bytes: Uint8Array, at: number, end: number): number {
    switch (this.#state) {
      case SIZE:
        return this.#readSize(bytes, at, end);
      case EXTENSION:
        return this.#readExtension(bytes, at, end);
      case SIZE_CR:
        this.#state = SIZE_LF;
        return at + 1;
      case SIZE_LF:
        if (bytes[at] !== LF) return ParseFault.BARE_CR;
        this.#state = this.#size === 0 ? TRAILERS : DATA;
        return at + 1;
      case DATA_CR:
        if (bytes[at] !== CR) return ParseFault.CHUNK_END;
        this.#state = DATA_LF;
        return at + 1;
      case DATA_LF:
        if (bytes[at] !== LF) return ParseFault.CHUNK_END;
        this.#state = SIZE;
        this.#digits = 0;
        return at + 1;
      case TRAILERS:
        this.#state = bytes[at] === CR ? LAST_LF : TRAILER_FIELDS;
        return bytes[at] === CR ? at + 1 : at;
      case TRAILER_FIELDS:
        return this.#readTrailers(bytes, at, end);
      case LAST_LF:
        if (bytes[at] !== LF) return ParseFault.BARE_CR;
        this.#state = DONE;
        return at + 1;
      default:
        throw new Error(`Cannot decode chunks: state ${this.#state} is unknown`);
    }
  }

  #readSize(bytes: Uint8Array, at: number, end: number): number {
    let digit = 0;
    while (at < end && (digit = HEX_DIGITS[bytes[at]]) < 16) {
      this.#size = this.#digits === 0 ? digit : this.#size * 16 + digit;
      this.#digits++;
      if (this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) {
        return ParseFault.CHUNK_TOO_LARGE;
      }
      at++;
    }
    if (at === end) return at;
    const byte = bytes[at];
    if (byte === LF) return ParseFault.BARE_LF;
    if (this.#digits === 0) return ParseFault.CHUNK_SIZE;
    if (byte === CR) this.#state = SIZE_CR;
    else if (byte === SEMICOLON || byte === SP || byte === HTAB) {
      this.#state = EXTENSION;
      this.#extension = EXTENSION_START;
      this.#extensionBytes = 0;
    } else return ParseFault.CHUNK_SIZE;
    return at;
  }

  #readExtension(bytes: Uint8Array, at: number, end: number): number {
    while (at < end) {
      const byte = bytes[at];
      const state = extensionStep(this.#extension, byte);
      if (state === EXTENSION_END) {
        this.#state = SIZE_CR;
        return at;
      }
      if (state === EXTENSION_BAD) {
        return byte === LF ? ParseFault.BARE_LF : ParseFault.CHUNK_EXTENSION;
      }
      this.#extension = state;
      this.#totalExtensionBytes++;
      if (
        ++this.#extensionBytes > this.#maxExtensionBytes ||
        this.#totalExtensionBytes > this.#maxTotalExtensionBytes
      ) return ParseFault.CHUNK_EXTENSION_TOO_LONG;
      at++;
    }
    return at;
  }

  #readTrailers(bytes: Uint8Array, at: number, end: number): number {
    this.#section ??= new TrailerSection(this.#maxTrailerBytes, this.#maxTrailerFields);
    const next = this.#section.read(bytes, at, end);
    if (this.#section.isDone) this.#state = DONE;
    return next;
  }
}
