import { CR, FOLD, LF, scanTarget, SP } from "./_bytes.ts";
import { FieldSectionParser } from "./_field_section.ts";
import { finishRequest } from "./_finish_request.ts";
import { checkLimit } from "./_limits.ts";
import { readMethod } from "./_method.ts";
import { IS_HTTP_1_0, readVersion } from "./_version.ts";
import { ParseFault } from "./parse_error.ts";
import type { WireRequestHead } from "./wire_request_head.ts";

/** Options of {@linkcode RequestParser}. */
export interface RequestParserOptions {
  /**
   * How many bytes a head may have: 431 beyond.
   *
   * @default {65536}
   */
  readonly maxHeadBytes?: number;
  /**
   * How many field lines it may have: 431 beyond.
   *
   * @default {128}
   */
  readonly maxFields?: number;
  /**
   * How many bytes its target may have: 414 beyond.
   *
   * @default {8000}
   */
  readonly maxTargetBytes?: number;
}

/** A longer method is answered with 501 (RFC 9112 §3): none is registered that comes near. */
const MAX_METHOD_BYTES = 64;

// What the parser reads next.
const START = 0;
const METHOD = 1;
const TARGET = 2;
const VERSION = 3;
const FIELDS = 4;

/**
 * The strict parser of request heads (RFC 9112 §2 to §6): what breaks the grammar or leaves the framing
 * in doubt is refused, nothing is repaired. It works on a growing buffer, remembers where it stopped, and
 * makes no objects: one parser and one {@linkcode WireRequestHead} serve a connection for its life.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestParser, WireRequestHead } from "@pingo/pingo/core";
 *
 * const buffer = new Uint8Array(1024);
 * const { written } = new TextEncoder().encodeInto("GET / HTTP/1.1\r\nHost: a\r\n\r\n…", buffer);
 * const parser = new RequestParser();
 * const head = new WireRequestHead();
 *
 * assertEquals(parser.parse(buffer, 0, 20, head), 0); // more bytes are needed
 * const end = parser.parse(buffer, 0, written, head);
 * assertEquals(end, 27); // where the content starts
 * assertEquals(head.method, "GET");
 * ```
 */
export class RequestParser {
  readonly #maxHeadBytes: number;
  readonly #maxTargetBytes: number;
  readonly #section: FieldSectionParser;
  #state = START;
  // Offsets count from the start of the message, since the connection may move its bytes.
  #at = 0;
  #skipped = 0;

  /**
   * Makes a parser with these limits.
   *
   * @throws {RangeError} when a limit is not a whole number above zero
   */
  constructor(options: RequestParserOptions = {}) {
    const { maxHeadBytes = 65536, maxFields = 128, maxTargetBytes = 8000 } = options;
    checkLimit("maxHeadBytes", maxHeadBytes, 1, 2 ** 24);
    checkLimit("maxFields", maxFields, 1, 65535);
    checkLimit("maxTargetBytes", maxTargetBytes, 1, 2 ** 24);
    this.#maxHeadBytes = maxHeadBytes;
    this.#maxTargetBytes = maxTargetBytes;
    this.#section = new FieldSectionParser(maxFields);
  }

  /** Whether some of a head has been read. */
  get isInHead(): boolean {
    return this.#state !== START;
  }

  /** Forgets what it has read; needed only when a connection ends in the middle of a head. */
  reset(): void {
    this.#state = START;
    this.#at = this.#skipped = 0;
  }

  /**
   * Reads a head that starts at `start`; the bytes there are valid up to `end`. Call it again with the
   * same bytes and more of them (they may have moved) until it does not give 0.
   *
   * @returns where the content starts, 0 when more bytes are needed, or a {@linkcode ParseFault}
   */
  parse(bytes: Uint8Array, start: number, end: number, into: WireRequestHead): number {
    const result = this.#parse(bytes, start, end, into);
    if (result !== 0) this.reset();
    return result;
  }

  #parse(bytes: Uint8Array, start: number, end: number, into: WireRequestHead): number {
    if (this.#state === START) {
      // One empty line is ignored (RFC 9112 §2.2): old clients send one behind the content of a POST.
      const skipped = skipEmptyLine(bytes, start, end);
      if (skipped <= 0) return skipped;
      this.#skipped = skipped - 1;
      into.reset();
      this.#state = METHOD;
    }
    const base = start + this.#skipped;
    // Nothing is looked at beyond the limit: so every split of the bytes meets it in the same place.
    const limit = end - base > this.#maxHeadBytes ? base + this.#maxHeadBytes : end;
    if (this.#state !== FIELDS) {
      const fault = this.#parseLine(bytes, base, limit, into);
      if (fault < 0) return fault;
    }
    let result = 0;
    if (this.#state === FIELDS) result = this.#section.parse(bytes, base, limit, into.headers);
    if (result === 0) return limit - base === this.#maxHeadBytes ? ParseFault.HEAD_TOO_LARGE : 0;
    if (result < 0) return result;
    into.bind(bytes, base, result - base);
    const fault = finishRequest(bytes, base, this.#section, into);
    return fault < 0 ? fault : result;
  }

  #parseLine(bytes: Uint8Array, base: number, end: number, into: WireRequestHead): number {
    if (this.#state === METHOD) {
      let i = base;
      while (i < end && FOLD[bytes[i]] !== 0) i++;
      if (i - base > MAX_METHOD_BYTES) return ParseFault.METHOD_TOO_LONG;
      if (i === end) return 0;
      if (bytes[i] !== SP || i === base) {
        return bytes[i] === LF ? ParseFault.BARE_LF : ParseFault.METHOD;
      }
      into.method = readMethod(bytes, base, i);
      this.#at = into.targetStart = i + 1 - base;
      this.#state = TARGET;
    }
    if (this.#state === TARGET) {
      const longest = base + into.targetStart + this.#maxTargetBytes;
      const i = scanTarget(bytes, base + this.#at, end < longest ? end : longest);
      this.#at = i - base;
      if (i === end) return 0;
      if (bytes[i] !== SP || this.#at === into.targetStart) {
        if (i === longest && isTargetByte(bytes[i])) return ParseFault.TARGET_TOO_LONG;
        return bytes[i] === LF ? ParseFault.BARE_LF : ParseFault.TARGET;
      }
      into.targetEnd = this.#at++;
      this.#state = VERSION;
    }
    const at = base + this.#at;
    const version = readVersion(bytes, at, end);
    if (version <= 0) return version;
    into.version = version === IS_HTTP_1_0 ? "1.0" : "1.1";
    this.#section.begin(this.#at + 10);
    this.#state = FIELDS;
    return 0;
  }
}

function isTargetByte(byte: number): boolean {
  return byte > SP && byte !== 127 && byte !== 35;
}

/** One more than the bytes of the empty line that may come first; 0 when more bytes are needed. */
function skipEmptyLine(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  if (bytes[start] !== CR) return bytes[start] === LF ? ParseFault.BARE_LF : 1;
  if (start + 1 === end) return 0;
  if (bytes[start + 1] !== LF) return ParseFault.BARE_CR;
  if (start + 2 === end) return 0;
  return bytes[start + 2] === CR ? ParseFault.EMPTY_LINES : 3;
}
