import { FOLD, HTAB, isText, SP } from "./_bytes.ts";
import { ParseFault } from "./parse_error.ts";

const COMMA = 44;
const SEMICOLON = 59;

/** RFC 9110 §8.6: digits alone. A leading zero is refused too: some read it as octal. -1 when malformed. */
export function readContentLength(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || (bytes[start] === 48 && end - start > 1)) return -1;
  let length = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return -1;
  }
  return length;
}

/** Options that a Connection field may name, as bits (RFC 9110 §7.6.1). */
export const CLOSE = 1;
export const KEEP_ALIVE = 2;
export const UPGRADE = 4;

/** The options that matter in a list such as `keep-alive, Upgrade`. */
export function readConnection(bytes: Uint8Array, start: number, end: number): number {
  let options = 0;
  for (let at = start; at < end;) {
    const from = skipBlank(bytes, at, end);
    let comma = from;
    while (comma < end && bytes[comma] !== COMMA) comma++;
    const to = trimBlank(bytes, from, comma);
    at = comma + 1;
    if (isText(bytes, from, to, "close")) options |= CLOSE;
    else if (isText(bytes, from, to, "keep-alive")) options |= KEEP_ALIVE;
    else if (isText(bytes, from, to, "upgrade")) options |= UPGRADE;
  }
  return options;
}

/** The codings of all Transfer-Encoding lines so far, as {@linkcode readCodings} adds them up. */
export const NO_CODING = 0;
const CHUNKED_ONLY = 1;
const UNKNOWN = 2;
const CHUNKED_LAST = 4;
const IS_BAD = 8;

/**
 * Adds the codings of one Transfer-Encoding line to those before (RFC 9112 §6.1). Empty elements,
 * parameters of chunked (§7.1) and what is no token are bad.
 */
export function readCodings(bytes: Uint8Array, start: number, end: number, before: number): number {
  if (before === NO_CODING && isText(bytes, start, end, "chunked")) {
    return CHUNKED_ONLY | CHUNKED_LAST;
  }
  let codings = before & ~CHUNKED_ONLY;
  let at = start;
  for (;;) {
    const from = skipBlank(bytes, at, end);
    at = from;
    while (at < end && FOLD[bytes[at]] !== 0) at++;
    // Behind chunked nothing may come, not even chunked again.
    if (at === from || (codings & CHUNKED_LAST) !== 0) return IS_BAD;
    codings |= isText(bytes, from, at, "chunked") ? CHUNKED_LAST : UNKNOWN;
    at = skipBlank(bytes, at, end);
    if (at < end && bytes[at] === SEMICOLON) {
      if ((codings & CHUNKED_LAST) !== 0) return IS_BAD;
      while (at < end && bytes[at] !== COMMA) at++;
    }
    if (at === end) return codings;
    if (bytes[at++] !== COMMA) return IS_BAD;
  }
}

/** What the codings of a message amount to: 0 for chunked alone, else the fault. */
export function judgeCodings(codings: number): 0 | ParseFault {
  if ((codings & CHUNKED_ONLY) !== 0) return 0;
  if ((codings & IS_BAD) !== 0 || (codings & CHUNKED_LAST) === 0) return ParseFault.TRANSFER_CODING;
  return ParseFault.TRANSFER_CODING_UNKNOWN;
}

function skipBlank(bytes: Uint8Array, i: number, end: number): number {
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
  return i;
}

function trimBlank(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && (bytes[end - 1] === SP || bytes[end - 1] === HTAB)) end--;
  return end;
}
