/**
 * MD5 (RFC 1321) for the libketama ring. `node:crypto` takes 2 µs for a short key, most of it objects and calls;
 * this takes less than a tenth (md5_bench.ts), allocates nothing for short ASCII text, and keeps the module free of imports.
 */
const SINES = Int32Array.from(
  { length: 64 },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
);

const encoder = new TextEncoder();
const scratch = new Uint8Array(256);
const block = new Int32Array(16);

/**
 * The digest of bytes, or of a text as UTF-8, as its four words.
 *
 * @param digest written: the words in order, each of four bytes of the digest, least significant byte first
 */
export function md5(data: string | Uint8Array, digest: Uint32Array): void {
  if (typeof data !== "string") return md5Bytes(data, data.length, digest);
  if (data.length <= scratch.length) {
    let i = 0;
    for (; i < data.length; i++) {
      const unit = data.charCodeAt(i);
      if (unit > 127) break;
      scratch[i] = unit;
    }
    if (i === data.length) return md5Bytes(scratch, i, digest);
  }
  const bytes = encoder.encode(data);
  md5Bytes(bytes, bytes.length, digest);
}

function md5Bytes(bytes: Uint8Array, length: number, digest: Uint32Array): void {
  digest[0] = 0x67452301;
  digest[1] = 0xefcdab89;
  digest[2] = 0x98badcfe;
  digest[3] = 0x10325476;
  const whole = length & ~63;
  for (let at = 0; at < whole; at += 64) {
    load(bytes, at, 16);
    compress(digest);
  }
  const rest = length - whole;
  const words = rest >> 2;
  load(bytes, whole, words);
  // The bit that ends the content, behind what is left of it.
  let last = 0x80;
  for (let at = length - 1; at >= whole + words * 4; at--) last = last << 8 | bytes[at];
  block[words] = last;
  // A loop: `fill` costs more for so few.
  for (let i = words + 1; i < 16; i++) block[i] = 0;
  if (rest >= 56) {
    compress(digest);
    for (let i = 0; i < 16; i++) block[i] = 0;
  }
  // The length in bits, as 64 bits.
  block[14] = length << 3;
  block[15] = length >>> 29;
  compress(digest);
}

function load(bytes: Uint8Array, at: number, words: number): void {
  for (let i = 0; i < words; i++, at += 4) {
    block[i] = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
  }
}

/**
 * Folds the block into the digest (RFC 1321 §3.4). Four steps a turn, so that no register is moved to another: it
 * takes a third less time than one step a turn, and no more than 64 steps written out.
 */
function compress(digest: Uint32Array): void {
  let a = digest[0] | 0, b = digest[1] | 0, c = digest[2] | 0, d = digest[3] | 0;
  for (let i = 0; i < 16; i += 4) {
    a = (a + (d ^ (b & (c ^ d))) + SINES[i] + block[i]) | 0;
    a = ((a << 7 | a >>> 25) + b) | 0;
    d = (d + (c ^ (a & (b ^ c))) + SINES[i + 1] + block[i + 1]) | 0;
    d = ((d << 12 | d >>> 20) + a) | 0;
    c = (c + (b ^ (d & (a ^ b))) + SINES[i + 2] + block[i + 2]) | 0;
    c = ((c << 17 | c >>> 15) + d) | 0;
    b = (b + (a ^ (c & (d ^ a))) + SINES[i + 3] + block[i + 3]) | 0;
    b = ((b << 22 | b >>> 10) + c) | 0;
  }
  for (let i = 16; i < 32; i += 4) {
    a = (a + (c ^ (d & (b ^ c))) + SINES[i] + block[(5 * i + 1) & 15]) | 0;
    a = ((a << 5 | a >>> 27) + b) | 0;
    d = (d + (b ^ (c & (a ^ b))) + SINES[i + 1] + block[(5 * i + 6) & 15]) | 0;
    d = ((d << 9 | d >>> 23) + a) | 0;
    c = (c + (a ^ (b & (d ^ a))) + SINES[i + 2] + block[(5 * i + 11) & 15]) | 0;
    c = ((c << 14 | c >>> 18) + d) | 0;
    b = (b + (d ^ (a & (c ^ d))) + SINES[i + 3] + block[(5 * i) & 15]) | 0;
    b = ((b << 20 | b >>> 12) + c) | 0;
  }
  for (let i = 32; i < 48; i += 4) {
    a = (a + (b ^ c ^ d) + SINES[i] + block[(3 * i + 5) & 15]) | 0;
    a = ((a << 4 | a >>> 28) + b) | 0;
    d = (d + (a ^ b ^ c) + SINES[i + 1] + block[(3 * i + 8) & 15]) | 0;
    d = ((d << 11 | d >>> 21) + a) | 0;
    c = (c + (d ^ a ^ b) + SINES[i + 2] + block[(3 * i + 11) & 15]) | 0;
    c = ((c << 16 | c >>> 16) + d) | 0;
    b = (b + (c ^ d ^ a) + SINES[i + 3] + block[(3 * i + 14) & 15]) | 0;
    b = ((b << 23 | b >>> 9) + c) | 0;
  }
  for (let i = 48; i < 64; i += 4) {
    a = (a + (c ^ (b | ~d)) + SINES[i] + block[(7 * i) & 15]) | 0;
    a = ((a << 6 | a >>> 26) + b) | 0;
    d = (d + (b ^ (a | ~c)) + SINES[i + 1] + block[(7 * i + 7) & 15]) | 0;
    d = ((d << 10 | d >>> 22) + a) | 0;
    c = (c + (a ^ (d | ~b)) + SINES[i + 2] + block[(7 * i + 14) & 15]) | 0;
    c = ((c << 15 | c >>> 17) + d) | 0;
    b = (b + (d ^ (c | ~a)) + SINES[i + 3] + block[(7 * i + 5) & 15]) | 0;
    b = ((b << 21 | b >>> 11) + c) | 0;
  }
  digest[0] += a;
  digest[1] += b;
  digest[2] += c;
  digest[3] += d;
}
