import type { HeaderMap } from "../../http/mod.ts";
import { CR, LF } from "./_bytes.ts";
import { writeFields } from "./_write_fields.ts";

/** How many bytes the size line of a chunk has at most: 14 digits and CRLF. */
export const MAX_CHUNK_HEADER_BYTES = 16;

const DIGITS: readonly number[] = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const ZERO = 48;

/**
 * Writes the size line of a chunk (RFC 9112 §7.1) and gives the offset behind it.
 *
 * @param size more than 0: an empty chunk would end the content
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { writeChunkHeader } from "@pingo/pingo/core";
 *
 * const bytes = new Uint8Array(16);
 * const end = writeChunkHeader(bytes, 0, 4096);
 * assertEquals(new TextDecoder().decode(bytes.subarray(0, end)), "1000\r\n");
 * ```
 */
export function writeChunkHeader(to: Uint8Array, at: number, size: number): number {
  let digits = 1;
  for (let rest = size; rest >= 16; rest = Math.floor(rest / 16)) digits++;
  let rest = size;
  for (let i = at + digits - 1; i >= at; i--) {
    to[i] = DIGITS[rest % 16];
    rest = Math.floor(rest / 16);
  }
  to[at + digits] = CR;
  to[at + digits + 1] = LF;
  return at + digits + 2;
}

/**
 * Makes a chunk of data that lies in a buffer, without moving it: the size line goes in front of it, where
 * {@linkcode MAX_CHUNK_HEADER_BYTES} have to be free, CRLF behind it, where two have to be.
 *
 * @returns where the chunk starts; it ends at `end + 2`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { frameChunk, MAX_CHUNK_HEADER_BYTES } from "@pingo/pingo/core";
 *
 * const bytes = new Uint8Array(64);
 * const at = MAX_CHUNK_HEADER_BYTES;
 * const { written } = new TextEncoder().encodeInto("hello", bytes.subarray(at));
 * const start = frameChunk(bytes, at, at + written);
 * const chunk = bytes.subarray(start, at + written + 2);
 * assertEquals(new TextDecoder().decode(chunk), "5\r\nhello\r\n");
 * ```
 */
export function frameChunk(bytes: Uint8Array, start: number, end: number): number {
  bytes[end] = CR;
  bytes[end + 1] = LF;
  bytes[start - 1] = LF;
  bytes[start - 2] = CR;
  let at = start - 2;
  let rest = end - start;
  do {
    bytes[--at] = DIGITS[rest % 16];
    rest = Math.floor(rest / 16);
  } while (rest > 0);
  return at;
}

/**
 * Writes the last chunk and the trailer section, which end chunked content; gives the offset behind.
 *
 * @throws {RangeError} when the bytes do not suffice
 * @throws {TypeError} when a trailer field cannot be written
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HeaderList, writeLastChunk } from "@pingo/pingo/core";
 *
 * const bytes = new Uint8Array(64);
 * const end = writeLastChunk(bytes, 0, new HeaderList({ "x-sum": "5" }));
 * assertEquals(new TextDecoder().decode(bytes.subarray(0, end)), "0\r\nx-sum: 5\r\n\r\n");
 * ```
 */
export function writeLastChunk(
  to: Uint8Array,
  at: number,
  trailers: HeaderMap | null = null,
): number {
  to[at] = ZERO;
  to[at + 1] = CR;
  to[at + 2] = LF;
  return writeTrailers(to, at + 3, trailers);
}

/**
 * Writes a trailer section with its empty line; gives the offset behind. It ends content that was relayed
 * by {@linkcode ChunkedDecoder.relay} and had trailers.
 *
 * @throws {RangeError} when the bytes do not suffice
 * @throws {TypeError} when a trailer field cannot be written
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { writeTrailers } from "@pingo/pingo/core";
 *
 * assertEquals(writeTrailers(new Uint8Array(2), 0, null), 2);
 * ```
 */
export function writeTrailers(to: Uint8Array, at: number, trailers: HeaderMap | null): number {
  return writeFields(to, at, trailers, null);
}
