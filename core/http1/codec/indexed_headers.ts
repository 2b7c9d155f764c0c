import type { HeaderMap } from "../../http/mod.ts";
import { CR, FOLD, SP } from "./_bytes.ts";
import { copyBytes } from "../_copy.ts";
import { readContentLength } from "./_field_values.ts";
import { lineLength, writeLine } from "./_field_line.ts";
import { readAgain, readLatin1 } from "./_latin1.ts";
import {
  closeHoles,
  HASH,
  NAME_END,
  ownEnd,
  ownLength,
  ownStart,
  packOwn,
  REMOVED,
  STRIDE,
  VALUE,
  VALUE_END,
} from "./_line_index.ts";
import { nameHash } from "./_name_hash.ts";
import { KNOWN_HASHES, KNOWN_NAMES, KnownField } from "./known_field.ts";

const FIRST_CAPACITY = 16;
const FIRST_OWN_BYTES = 256;
/** A larger store of own lines is not kept for the next message. */
const MAX_KEPT_BYTES = 4096;
const NO_BYTES = new Uint8Array(0);

/**
 * The header map of the wire engine: an index (offsets and a hash of the name) over the received bytes.
 * A string appears when somebody reads it; what nobody touched is written by copying ranges, adjacent
 * lines as one. It behaves exactly as {@linkcode HeaderList}.
 *
 * The bytes belong to the connection: the map is valid until the next message is parsed into it. What
 * must live longer is a {@linkcode IndexedHeaders.clone}, or {@linkcode IndexedHeaders.detach}es.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestParser, WireRequestHead } from "@pingo/pingo/core";
 *
 * const text = "GET / HTTP/1.1\r\nHost: a\r\nX-Tag: 1\r\nx-tag: 2\r\n\r\n";
 * const bytes = new TextEncoder().encode(text);
 * const head = new WireRequestHead();
 * new RequestParser().parse(bytes, 0, bytes.length, head);
 * assertEquals(head.headers.get("x-TAG"), "1, 2");
 *
 * head.headers.set("X-Tag", "3");
 * const out = new Uint8Array(head.headers.byteLength());
 * const end = head.headers.write(out, 0);
 * assertEquals(new TextDecoder().decode(out.subarray(0, end)), "Host: a\r\nX-Tag: 3\r\n");
 * ```
 */
export class IndexedHeaders implements HeaderMap {
  #bytes: Uint8Array = NO_BYTES;
  /** Where the message starts in the bytes. */
  #base = 0;
  /** Where the last received line ends. */
  #end = 0;
  #index: Int32Array = new Int32Array(FIRST_CAPACITY * STRIDE);
  /** Lines in the index; those before `#received` are from the bytes, one right after the other. */
  #count = 0;
  #received = 0;
  /** A bit for each hash that is there, or was: most look-ups are for what is not. */
  #hashes = 0;
  #removed = 0;
  /** The lines that were set or added, as they are written. */
  #own: Uint8Array = NO_BYTES;
  #ownEnd = 0;

  /** How many field lines there are. */
  get size(): number {
    return this.#count - this.#removed;
  }

  /** Empties the map; the index stays allocated. */
  reset(): void {
    this.#bytes = NO_BYTES;
    this.#base = this.#end = this.#ownEnd = 0;
    this.#count =
      this.#received =
      this.#removed =
      this.#hashes =
        0;
    if (this.#own.length > MAX_KEPT_BYTES) this.#own = NO_BYTES;
  }

  /**
   * For parsers: adds a received line. Lines come in order and touch: each starts behind the CRLF of the
   * one before. Offsets count from the start of the message; nothing is checked here.
   */
  addReceived(name: number, nameEnd: number, value: number, valueEnd: number, hash: number): void {
    const at = this.#count * STRIDE;
    if (at === this.#index.length) this.#grow();
    const index = this.#index;
    index[at] = name;
    index[at + NAME_END] = nameEnd;
    index[at + VALUE] = value;
    index[at + VALUE_END] = valueEnd;
    index[at + HASH] = hash;
    this.#hashes |= hashBit(hash);
    this.#received = ++this.#count;
  }

  /** For parsers: where the bytes of the received lines lie. Until this is called nothing can be read. */
  bind(bytes: Uint8Array, base: number, end: number): void {
    this.#bytes = bytes;
    this.#base = base;
    this.#end = end - base;
  }

  /** The same bytes lie elsewhere now: the connection has moved them. */
  rebase(bytes: Uint8Array, base: number): void {
    this.#bytes = bytes;
    this.#base = base;
  }

  /** Copies the received bytes, so that the map lives on when the connection uses its buffer again. */
  detach(): void {
    this.rebase(this.#bytes.slice(this.#base, this.#base + this.#end), 0);
  }

  /** The values of all lines with this name joined by `", "`, or null when there is none. */
  get(name: string): string | null {
    const hash = nameHash(name);
    let i = this.#find(hash, name, 0);
    if (i < 0) return null;
    // Two common values of Connection then cost no string.
    let value = this.valueAt(i, "keep-alive");
    while ((i = this.#find(hash, name, i + 1)) >= 0) value = `${value}, ${this.valueAt(i)}`;
    return value;
  }

  /** The value of each line with this name, in order. */
  getAll(name: string): string[] {
    const hash = nameHash(name);
    const values: string[] = [];
    for (let i = this.#find(hash, name, 0); i >= 0; i = this.#find(hash, name, i + 1)) {
      values.push(this.valueAt(i));
    }
    return values;
  }

  /** The value of each `Set-Cookie` line. */
  getSetCookie(): string[] {
    return this.getAll("set-cookie");
  }

  /** Whether a line with this name exists. */
  has(name: string): boolean {
    return this.#find(nameHash(name), name, 0) >= 0;
  }

  /** Whether a line exists whose name begins with this text, given in lower case. */
  hasPrefix(prefix: string): boolean {
    const index = this.#index;
    const bytes = this.#bytes;
    const base = this.#base;
    const length = prefix.length;
    for (let i = 0, o = 0; i < this.#count; i++, o += STRIDE) {
      const nameEnd = index[o + NAME_END];
      if (nameEnd === REMOVED) continue;
      if (nameEnd < 0) {
        if (this.nameAt(i).toLowerCase().startsWith(prefix)) return true;
        continue;
      }
      const start = index[o];
      if (nameEnd - start < length) continue;
      let j = 0;
      while (j < length && FOLD[bytes[base + start + j]] === FOLD[prefix.charCodeAt(j)]) j++;
      if (j === length) return true;
    }
    return false;
  }

  /** The place of the first line from `from` on of a known field, or -1. */
  findKnown(field: KnownField, from = 0): number {
    return this.#find(KNOWN_HASHES[field], KNOWN_NAMES[field], from);
  }

  /**
   * Replaces all lines with this name by one, in the place of the first of them.
   *
   * @throws {TypeError} when the name is not a token or the value has a control byte
   */
  set(name: string, value: string): void {
    const hash = nameHash(name);
    const place = this.#find(hash, name, 0);
    if (place < 0) return this.#push(name, value, hash);
    this.#writeOwn(place * STRIDE, name, value);
    this.#removeFrom(hash, name, place + 1);
  }

  /**
   * Adds a line at the end.
   *
   * @throws {TypeError} when the name is not a token or the value has a control byte
   */
  append(name: string, value: string): void {
    this.#push(name, value, nameHash(name));
  }

  /** Removes all lines with this name. */
  delete(name: string): void {
    this.#removeFrom(nameHash(name), name, 0);
  }

  /** The name of the line at a place that {@linkcode IndexedHeaders.findKnown} gave. */
  nameAt(place: number): string {
    const at = place * STRIDE;
    const nameEnd = this.#index[at + NAME_END];
    if (nameEnd > 0) {
      return readLatin1(this.#bytes, this.#base + this.#index[at], this.#base + nameEnd);
    }
    const end = this.#index[at + VALUE] - 2;
    return readLatin1(this.#own, end + nameEnd, end);
  }

  /**
   * The value of the line at a place that {@linkcode IndexedHeaders.findKnown} gave. Where it is the same
   * as `last`, that is returned: a value that comes again then costs no string.
   */
  valueAt(place: number, last = ""): string {
    const at = place * STRIDE;
    const value = this.#index[at + VALUE];
    const end = this.#index[at + VALUE_END];
    if (this.#index[at + NAME_END] < 0) return readAgain(this.#own, value, end, last);
    return readAgain(this.#bytes, this.#base + value, this.#base + end, last);
  }

  /** What the one line of Content-Length says; -1 when there is none, more than one, or no number. */
  singleLength(): number {
    const place = this.findKnown(KnownField.CONTENT_LENGTH);
    if (place < 0 || this.findKnown(KnownField.CONTENT_LENGTH, place + 1) >= 0) return -1;
    const at = place * STRIDE;
    const isOwn = this.#index[at + NAME_END] < 0;
    const base = isOwn ? 0 : this.#base;
    return readContentLength(
      isOwn ? this.#own : this.#bytes,
      base + this.#index[at + VALUE],
      base + this.#index[at + VALUE_END],
    );
  }

  /** Whether the line at a place has one blank before its value and none behind it. */
  isPlain(place: number): boolean {
    const at = place * STRIDE;
    const nameEnd = this.#index[at + NAME_END];
    if (nameEnd < 0) return true;
    const value = this.#index[at + VALUE];
    const base = this.#base;
    return value === nameEnd + 2 && this.#bytes[base + value - 1] === SP &&
      this.#bytes[base + this.#index[at + VALUE_END]] === CR;
  }

  /** For parsers: where the value of a received line starts in the bytes. */
  valueStart(place: number): number {
    return this.#base + this.#index[place * STRIDE + VALUE];
  }

  /** For parsers: where the value of a received line ends in the bytes. */
  valueEnd(place: number): number {
    return this.#base + this.#index[place * STRIDE + VALUE_END];
  }

  /** One `[name, value]` for each line. */
  *entries(): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.#count; i++) {
      if (this.#isThere(i)) yield [this.nameAt(i), this.valueAt(i)];
    }
  }

  /** The name of each line, in its original case. */
  *keys(): IterableIterator<string> {
    for (let i = 0; i < this.#count; i++) if (this.#isThere(i)) yield this.nameAt(i);
  }

  /** The value of each line. */
  *values(): IterableIterator<string> {
    for (let i = 0; i < this.#count; i++) if (this.#isThere(i)) yield this.valueAt(i);
  }

  /** The same as {@linkcode IndexedHeaders.entries}. */
  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.entries();
  }

  /** Calls `fn` for each line. */
  forEach(fn: (value: string, name: string, map: HeaderMap) => void): void {
    for (let i = 0; i < this.#count; i++) {
      if (this.#isThere(i)) fn(this.valueAt(i), this.nameAt(i), this);
    }
  }

  /** A copy that changes apart from this one and has bytes of its own. */
  clone(): IndexedHeaders {
    const copy = new IndexedHeaders();
    this.copyTo(copy);
    copy.detach();
    return copy;
  }

  /** Makes `target` a copy that changes apart from this one but lies over the same bytes. */
  copyTo(target: IndexedHeaders): void {
    target.#bytes = this.#bytes;
    target.#base = this.#base;
    target.#end = this.#end;
    target.#count = this.#count;
    target.#received = this.#received;
    target.#removed = this.#removed;
    target.#hashes = this.#hashes;
    const length = this.#count * STRIDE;
    if (target.#index.length < length) target.#index = new Int32Array(this.#index.length);
    for (let i = 0; i < length; i++) target.#index[i] = this.#index[i];
    const ownEnd = target.#ownEnd = this.#ownEnd;
    if (target.#own.length < ownEnd) target.#own = new Uint8Array(this.#own.length);
    copyBytes(this.#own, 0, ownEnd, target.#own, 0);
  }

  /** At most how many bytes {@linkcode IndexedHeaders.write} writes. */
  byteLength(): number {
    return this.#ownEnd + (this.#received === 0 ? 0 : this.#end - this.#index[0]);
  }

  /**
   * Writes each line with its CRLF, without the empty line behind them; gives the offset behind. The
   * caller sees to it that `to` has {@linkcode IndexedHeaders.byteLength} bytes from `at` on.
   *
   * @param lead for writers: where received bytes start that lie right before the first line and are to be
   * written too, together with it; -1 for none
   */
  write(to: Uint8Array, at: number, lead = -1): number {
    const index = this.#index;
    const base = this.#base;
    // Received lines touch, so those that nobody changed are copied as one.
    let run = lead;
    const received = this.#received * STRIDE;
    for (let o = 0; o < received; o += STRIDE) {
      const nameEnd = index[o + NAME_END];
      if (nameEnd > 0) {
        if (run < 0) run = base + index[o];
        continue;
      }
      if (run >= 0) at = copyBytes(this.#bytes, run, base + index[o], to, at);
      run = -1;
      if (nameEnd === REMOVED) continue;
      at = copyBytes(this.#own, ownStart(index, o), ownEnd(index, o), to, at);
    }
    if (run >= 0) at = copyBytes(this.#bytes, run, base + this.#end, to, at);
    // So do added ones, as long as none was removed or set again.
    let end = run = 0;
    for (let o = received; o < this.#count * STRIDE; o += STRIDE) {
      if (index[o + NAME_END] === REMOVED) continue;
      const start = ownStart(index, o);
      if (start !== end) {
        at = copyBytes(this.#own, run, end, to, at);
        run = start;
      }
      end = ownEnd(index, o);
    }
    return copyBytes(this.#own, run, end, to, at);
  }

  #isThere(place: number): boolean {
    return this.#index[place * STRIDE + NAME_END] !== REMOVED;
  }

  #find(hash: number, name: string, from: number): number {
    if ((this.#hashes & hashBit(hash)) === 0) return -1;
    const index = this.#index;
    for (let i = from, o = from * STRIDE + HASH; i < this.#count; i++, o += STRIDE) {
      if (index[o] === hash && this.#isNamed(i, name)) return i;
    }
    return -1;
  }

  #isNamed(place: number, name: string): boolean {
    const index = this.#index;
    const at = place * STRIDE;
    const nameEnd = index[at + NAME_END];
    const length = name.length;
    let bytes: Uint8Array;
    let i: number;
    if (nameEnd > 0) {
      if (nameEnd - index[at] !== length) return false;
      bytes = this.#bytes;
      i = this.#base + index[at];
    } else {
      if (-nameEnd !== length) return false;
      bytes = this.#own;
      i = index[at + VALUE] - 2 - length;
    }
    for (let j = 0; j < length; i++, j++) {
      if (FOLD[bytes[i]] !== FOLD[name.charCodeAt(j)]) return false;
    }
    return length > 0;
  }

  #push(name: string, value: string, hash: number): void {
    if (this.#count * STRIDE === this.#index.length) this.#makeRoom();
    const at = this.#count * STRIDE;
    // What an earlier message has left there is no line to write over.
    this.#index[at + NAME_END] = REMOVED;
    this.#writeOwn(at, name, value);
    this.#index[at] = this.#end;
    this.#index[at + HASH] = hash;
    this.#hashes |= hashBit(hash);
    this.#count++;
  }

  /** Writes a line into the store and points the index at it. */
  #writeOwn(at: number, name: string, value: string): void {
    const need = lineLength(name, value);
    if (this.#ownEnd + need > this.#own.length) this.#makeOwnRoom(need);
    const index = this.#index;
    let start = this.#ownEnd;
    const end = writeLine(this.#own, start, name, value);
    const length = end - start;
    // Over the own line that it replaces where it fits there, so that setting over and over costs no room.
    if (index[at + NAME_END] < 0 && ownEnd(index, at) - ownStart(index, at) >= length) {
      const old = ownStart(index, at);
      this.#own.copyWithin(old, start, end);
      start = old;
    } else {
      this.#ownEnd = end;
    }
    index[at + NAME_END] = -name.length;
    index[at + VALUE] = start + name.length + 2;
    index[at + VALUE_END] = start + length - 2;
  }

  #removeFrom(hash: number, name: string, from: number): void {
    for (let i = this.#find(hash, name, from); i >= 0; i = this.#find(hash, name, i + 1)) {
      this.#index[i * STRIDE + NAME_END] = REMOVED;
      this.#removed++;
    }
  }

  /** Lines that were added and removed again leave holes: those are closed before the index grows. */
  #makeRoom(): void {
    const kept = closeHoles(this.#index, this.#received, this.#count);
    this.#removed -= this.#count - kept;
    if (kept * 2 > this.#count) this.#grow();
    this.#count = kept;
  }

  /** Moves the lines that are there into a new store with as much room again. */
  #makeOwnRoom(need: number): void {
    const length = ownLength(this.#index, this.#count) + need;
    const own = new Uint8Array(Math.max(FIRST_OWN_BYTES, length * 2));
    this.#ownEnd = packOwn(this.#index, this.#count, this.#own, own);
    this.#own = own;
  }

  #grow(): void {
    const larger = new Int32Array(this.#index.length * 2);
    larger.set(this.#index);
    this.#index = larger;
  }
}

function hashBit(hash: number): number {
  return 1 << (hash ^ hash >>> 11 ^ hash >>> 22);
}
