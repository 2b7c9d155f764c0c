import { COLON, CR, FOLD, HTAB, isText, LF, scanValue, SP } from "./_bytes.ts";
import type { IndexedHeaders } from "./indexed_headers.ts";
import { KNOWN_NAMES, LAST_TRACKED, trackedCandidate } from "./known_field.ts";
import { nameHashOf } from "./_name_hash.ts";
import { ParseFault } from "./parse_error.ts";

// Where in a line the parser stands.
const LINE_START = 0;
const IN_NAME = 1;
const BEFORE_VALUE = 2;
const IN_VALUE = 3;
const LINE_END = 4;
const LAST_LF = 5;

const NO_VIEW = new DataView(new ArrayBuffer(0));

/**
 * The parser of field lines up to the empty line (RFC 9112 §5), for heads and trailer sections. It
 * remembers where it stopped: called again with more bytes it looks at none a second time, and any
 * split of the bytes gives the same result.
 */
export class FieldSectionParser {
  /** The bits of the tracked fields that are there, and of those that are there more than once. */
  fields = 0;
  repeated = 0;
  /** The place of the first line of each tracked field whose bit is set. */
  readonly places: Uint16Array = new Uint16Array(LAST_TRACKED + 1);
  readonly #maxFields: number;
  #view: DataView = NO_VIEW;
  /** That of the other buffer: the heads of a connection lie in two by turns. */
  #otherView: DataView = NO_VIEW;
  #state = LINE_START;
  #count = 0;
  // Offsets count from the start of the message, since the connection may move its bytes.
  #at = 0;
  #name = 0;
  #nameEnd = 0;
  #value = 0;

  constructor(maxFields: number) {
    this.#maxFields = maxFields;
  }

  /** Begins a section, `at` bytes behind the start of its message. */
  begin(at: number): void {
    this.#at = at;
    this.#state = LINE_START;
    this.fields = this.repeated = this.#count = 0;
  }

  /**
   * Reads on. Gives the offset behind the empty line, 0 when the bytes up to `end` are not all, or a
   * {@linkcode ParseFault}.
   */
  parse(bytes: Uint8Array, base: number, end: number, headers: IndexedHeaders): number {
    const view = this.#viewOf(bytes);
    let state = this.#state;
    let i = base + this.#at;
    let name = base + this.#name;
    let nameEnd = base + this.#nameEnd;
    let value = base + this.#value;
    for (;;) {
      if (state === LINE_START) {
        if (i === end) break;
        name = i;
        state = IN_NAME;
      }
      if (state === IN_NAME) {
        while (i < end && FOLD[bytes[i]] !== 0) i++;
        if (i === end) break;
        if (bytes[i] === COLON && i !== name) {
          nameEnd = i++;
          state = BEFORE_VALUE;
        } else if (bytes[i] === CR && i === name) {
          i++;
          state = LAST_LF;
        } else {
          return this.#nameFault(bytes[i], i === name);
        }
      }
      if (state === BEFORE_VALUE) {
        while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
        if (i === end) break;
        value = i;
        state = IN_VALUE;
      }
      if (state === IN_VALUE) {
        i = scanValue(bytes, view, i, end);
        if (i === end) break;
        if (bytes[i] !== CR) return bytes[i] === LF ? ParseFault.BARE_LF : ParseFault.FIELD_VALUE;
        i++;
        state = LINE_END;
      }
      if (i === end) break;
      if (bytes[i++] !== LF) return ParseFault.BARE_CR;
      if (state === LAST_LF) {
        headers.bind(bytes, base, i - 2);
        return i;
      }
      if (this.#count === this.#maxFields) return ParseFault.TOO_MANY_FIELDS;
      // Blanks behind a value are not part of it (RFC 9110 §5.5).
      let valueEnd = i - 2;
      while (valueEnd > value && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) {
        valueEnd--;
      }
      const hash = nameHashOf(bytes, name, nameEnd);
      headers.addReceived(name - base, nameEnd - base, value - base, valueEnd - base, hash);
      const id = trackedCandidate(hash);
      if (id !== 0 && isText(bytes, name, nameEnd, KNOWN_NAMES[id])) this.#track(id);
      this.#count++;
      state = LINE_START;
    }
    this.#state = state;
    this.#at = i - base;
    this.#name = name - base;
    this.#nameEnd = nameEnd - base;
    this.#value = value - base;
    return 0;
  }

  /** Notes a tracked field whose line is the next to be counted. */
  #track(id: number): void {
    const bit = 1 << id;
    if ((this.fields & bit) === 0) this.places[id] = this.#count;
    else this.repeated |= bit;
    this.fields |= bit;
  }

  #nameFault(byte: number, isEmpty: boolean): ParseFault {
    if (byte === LF) return ParseFault.BARE_LF;
    if (byte === CR) return ParseFault.FIELD_NAME;
    if (byte !== SP && byte !== HTAB) return ParseFault.FIELD_NAME;
    if (!isEmpty) return ParseFault.SPACE_BEFORE_COLON;
    return this.#count === 0 ? ParseFault.SPACE_BEFORE_FIELDS : ParseFault.OBS_FOLD;
  }

  #viewOf(bytes: Uint8Array): DataView {
    const view = this.#view;
    if (isOver(view, bytes)) return view;
    const other = this.#otherView;
    this.#otherView = view;
    return this.#view = isOver(other, bytes)
      ? other
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function isOver(view: DataView, { buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return view.buffer === buffer && view.byteOffset === byteOffset && view.byteLength === byteLength;
}
