/** CRC-32 of one byte each, for the reflected polynomial of ISO 3309 (zlib, nginx, PNG). Int32, so that V8 keeps integers. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

const encoder = new TextEncoder();

/**
 * CRC-32 (ISO 3309, as in zlib, nginx's `ngx_crc32` and PNG) of bytes, or of a text as UTF-8.
 *
 * A hash of keys, not a protection: whoever wants to can find two keys of one value. ASCII text allocates nothing.
 *
 * @param data a key; a lone surrogate counts as U+FFFD, as in `TextEncoder`
 * @returns a whole number from 0 to 2^32 - 1
 *
 * @example
 * ```ts
 * import { crc32 } from "@pingo/pingo/ketama";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(crc32("123456789"), 0xcbf43926);
 * assertEquals(crc32("é"), crc32(new Uint8Array([0xc3, 0xa9])));
 * ```
 */
export function crc32(data: string | Uint8Array): number {
  return ~updateCrc32(-1, data) >>> 0;
}

/**
 * The state of a CRC after more data; {@linkcode crc32} is its complement.
 *
 * @param state -1 in the beginning
 */
export function updateCrc32(state: number, data: string | Uint8Array): number {
  if (typeof data !== "string") return updateBytes(state, data);
  for (let i = 0; i < data.length; i++) {
    const unit = data.charCodeAt(i);
    if (unit > 127) return updateBytes(state, encoder.encode(data.slice(i)));
    state = TABLE[(state ^ unit) & 255] ^ (state >>> 8);
  }
  return state;
}

/** The state after the four bytes of a number, least significant byte first. */
export function updateCrc32Word(state: number, word: number): number {
  // Four steps over a register of four bytes: the word can be folded in at once.
  state ^= word;
  for (let i = 0; i < 4; i++) state = TABLE[state & 255] ^ (state >>> 8);
  return state;
}

function updateBytes(state: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) state = TABLE[(state ^ bytes[i]) & 255] ^ (state >>> 8);
  return state;
}
