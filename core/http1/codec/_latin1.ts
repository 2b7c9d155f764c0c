import { Buffer } from "node:buffer";

const slice = Buffer.prototype.latin1Slice;

/** Below this many bytes a loop beats the call into the runtime (measured: 65 ns whatever the length). */
const LOOP_BELOW = 16;

/**
 * A range of bytes as a string, one character a byte. `TextDecoder("latin1")` is windows-1252 and
 * changes 0x80 to 0x9F; it is also twice as slow.
 */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= LOOP_BELOW) return slice.call(bytes, start, end);
  let text = "";
  let i = start;
  for (; i + 4 <= end; i += 4) {
    text += String.fromCharCode(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]);
  }
  for (; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/**
 * A range of bytes as a string; `last` itself where it has the same characters. What comes again on a
 * connection (host, target) then costs a comparison and no string.
 */
export function readAgain(bytes: Uint8Array, start: number, end: number, last: string): string {
  return isSame(bytes, start, end, last) ? last : readLatin1(bytes, start, end);
}

/** Whether a range of bytes and a string are the same, one character a byte. */
export function isSame(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = start, j = 0; i < end; i++, j++) {
    if (bytes[i] !== text.charCodeAt(j)) return false;
  }
  return true;
}

/** Writes a string of characters up to U+00FF and gives the offset behind it. */
export function writeLatin1(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
