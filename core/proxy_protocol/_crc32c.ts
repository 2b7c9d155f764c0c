/** The polynomial of Castagnoli, its bits in reverse. */
const POLYNOMIAL = 0x82f6_3b78;

const TABLE = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  TABLE[byte] = rest;
}

/**
 * The checksum CRC32c (RFC 4960 appendix B) of bytes whose four from `hole` on count as zero: there the
 * checksum itself stands.
 */
export function crc32c(bytes: Uint8Array, hole: number = bytes.byteLength): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = at >= hole && at < hole + 4 ? 0 : bytes[at];
    crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
