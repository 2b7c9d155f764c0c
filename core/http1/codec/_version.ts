import { CR, LF } from "./_bytes.ts";
import { ParseFault } from "./parse_error.ts";

export const IS_HTTP_1_0 = 1;
export const IS_HTTP_1_1 = 2;

const PREFIX = [72, 84, 84, 80, 47]; // HTTP/
const DOT = 46;

/**
 * The version at the end of a request line, with its CRLF (RFC 9112 §2.3): ten bytes. Gives which one,
 * 0 when more bytes are needed, or the fault of the first byte that is wrong.
 */
export function readVersion(bytes: Uint8Array, at: number, end: number): number {
  if (
    end - at >= 10 && bytes[at] === 72 && bytes[at + 1] === 84 && bytes[at + 2] === 84 &&
    bytes[at + 3] === 80 && bytes[at + 4] === 47 && bytes[at + 5] === 49 && bytes[at + 6] === DOT &&
    bytes[at + 7] === 49 && bytes[at + 8] === CR && bytes[at + 9] === LF
  ) return IS_HTTP_1_1;
  const fault = checkVersionNumber(bytes, at, end);
  if (fault < 0) return fault;
  if (end - at < 9) return 0;
  if (bytes[at + 8] !== CR) return bytes[at + 8] === LF ? ParseFault.BARE_LF : ParseFault.VERSION;
  if (end - at < 10) return 0;
  if (bytes[at + 9] !== LF) return ParseFault.BARE_CR;
  return versionOf(bytes, at);
}

/** Checks as much of `HTTP/d.d` as is there: 0, or the fault. */
export function checkVersionNumber(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at < 8 ? end - at : 8;
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i];
    const isRight = i < 5 ? byte === PREFIX[i] : i === 6 ? byte === DOT : byte >= 48 && byte <= 57;
    if (!isRight) return byte === LF ? ParseFault.BARE_LF : ParseFault.VERSION;
  }
  return 0;
}

/** Which version a well-formed `HTTP/d.d` is, or the fault: others than 1.0 and 1.1 are refused. */
export function versionOf(bytes: Uint8Array, at: number): number {
  if (bytes[at + 5] !== 49 || bytes[at + 7] > 49) return ParseFault.VERSION_UNKNOWN;
  return bytes[at + 7] === 49 ? IS_HTTP_1_1 : IS_HTTP_1_0;
}
