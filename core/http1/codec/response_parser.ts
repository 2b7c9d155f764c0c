import { CR, LF, SP, VALUE_BYTES } from "./_bytes.ts";
import { FieldSectionParser } from "./_field_section.ts";
import { finishResponse } from "./_finish_response.ts";
import { checkLimit } from "./_limits.ts";
import { checkVersionNumber, IS_HTTP_1_0, versionOf } from "./_version.ts";
import { ParseFault } from "./parse_error.ts";
import type { WireResponseHead } from "./wire_response_head.ts";

/** Options of {@linkcode ResponseParser}. */
export interface ResponseParserOptions {
  /**
   * How many bytes a head may have.
   *
   * @default {65536}
   */
  readonly maxHeadBytes?: number;
  /**
   * How many field lines it may have.
   *
   * @default {128}
   */
  readonly maxFields?: number;
}

// What the parser reads next.
const STATUS = 0;
const REASON = 1;
const REASON_END = 2;
const FIELDS = 3;

/** `HTTP/1.1 200` and the byte behind. */
const STATUS_BYTES = 13;

/**
 * The strict parser of response heads (RFC 9112 §4 to §6), as strict as {@linkcode RequestParser}: what
 * an upstream sends in doubtful form is not handed on. The one liberty, which §4 gives: the blank
 * before a missing reason phrase may be missing too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Framing, ResponseParser, WireResponseHead } from "@pingo/pingo/core";
 *
 * const bytes = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
 * const parser = new ResponseParser();
 * const head = new WireResponseHead();
 *
 * parser.begin("HEAD");
 * assertEquals(parser.parse(bytes, 0, bytes.length, head), 38);
 * assertEquals(head.framing, Framing.NONE); // whatever its fields say
 * ```
 */
export class ResponseParser {
  readonly #maxHeadBytes: number;
  readonly #section: FieldSectionParser;
  #method = "GET";
  #state = STATUS;
  // Counts from the start of the message, since the connection may move its bytes.
  #at = 0;

  /**
   * Makes a parser with these limits.
   *
   * @throws {RangeError} when a limit is not a whole number above zero
   */
  constructor(options: ResponseParserOptions = {}) {
    const { maxHeadBytes = 65536, maxFields = 128 } = options;
    checkLimit("maxHeadBytes", maxHeadBytes, 1, 2 ** 24);
    checkLimit("maxFields", maxFields, 1, 65535);
    this.#maxHeadBytes = maxHeadBytes;
    this.#section = new FieldSectionParser(maxFields);
  }

  /** Whether some of a head has been read. */
  get isInHead(): boolean {
    return this.#state !== STATUS;
  }

  /** Begins the answers (interim ones and the final one) to a request with this method. */
  begin(method: string): void {
    this.#method = method;
    this.#state = STATUS;
  }

  /**
   * Reads a head that starts at `start`; the bytes there are valid up to `end`. Call it again with the
   * same bytes and more of them (they may have moved) until it does not give 0.
   *
   * @returns where the content starts, 0 when more bytes are needed, or a {@linkcode ParseFault}
   */
  parse(bytes: Uint8Array, start: number, end: number, into: WireResponseHead): number {
    const limit = end - start > this.#maxHeadBytes ? start + this.#maxHeadBytes : end;
    let result = 0;
    if (this.#state !== FIELDS) result = this.#parseLine(bytes, start, limit, into);
    if (this.#state === FIELDS) result = this.#section.parse(bytes, start, limit, into.headers);
    if (result === 0 && limit - start === this.#maxHeadBytes) result = ParseFault.HEAD_TOO_LARGE;
    if (result > 0) {
      into.bind(bytes, start, result - start);
      const fault = finishResponse(bytes, this.#section, into, this.#method);
      if (fault < 0) result = fault;
    }
    if (result !== 0) this.#state = STATUS;
    return result;
  }

  #parseLine(bytes: Uint8Array, start: number, end: number, into: WireResponseHead): number {
    if (this.#state === STATUS) {
      const fault = checkStatus(bytes, start, end);
      if (fault < 0) return fault;
      if (end - start < STATUS_BYTES) return 0;
      const version = versionOf(bytes, start);
      if (version < 0) return version;
      into.reset();
      into.version = version === IS_HTTP_1_0 ? "1.0" : "1.1";
      into.status = (bytes[start + 9] - 48) * 100 + (bytes[start + 10] - 48) * 10 +
        bytes[start + 11] - 48;
      this.#at = bytes[start + 12] === SP ? STATUS_BYTES : STATUS_BYTES - 1;
      into.reasonStart = this.#at;
      this.#state = REASON;
    }
    if (this.#state === REASON) {
      let i = start + this.#at;
      while (i < end && VALUE_BYTES[bytes[i]] === 1) i++;
      this.#at = i - start;
      if (i === end) return 0;
      if (bytes[i] !== CR) return bytes[i] === LF ? ParseFault.BARE_LF : ParseFault.REASON;
      into.reasonEnd = this.#at++;
      this.#state = REASON_END;
    }
    const i = start + this.#at;
    if (i === end) return 0;
    if (bytes[i] !== LF) return ParseFault.BARE_CR;
    this.#section.begin(this.#at + 1);
    this.#state = FIELDS;
    return 0;
  }
}

/** Checks as much of `HTTP/1.1 200 ` as is there (RFC 9112 §4): 0, or the fault. */
function checkStatus(bytes: Uint8Array, start: number, end: number): number {
  const fault = checkVersionNumber(bytes, start, end);
  if (fault < 0) return fault;
  const length = end - start < STATUS_BYTES ? end - start : STATUS_BYTES;
  for (let i = 8; i < length; i++) {
    const byte = bytes[start + i];
    if (byte === LF) return ParseFault.BARE_LF;
    if (i === 8 && byte !== SP) return ParseFault.STATUS_LINE;
    if (i === 9 && (byte < 49 || byte > 53)) return ParseFault.STATUS_CODE;
    if ((i === 10 || i === 11) && (byte < 48 || byte > 57)) return ParseFault.STATUS_CODE;
    if (i === 12 && byte !== SP && byte !== CR) return ParseFault.STATUS_LINE;
  }
  return 0;
}
