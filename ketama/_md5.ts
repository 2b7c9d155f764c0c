/**
 * MD5 (RFC 1321) for the libketama ring. `node:crypto` takes 2 µs for a short key, most of it objects and calls;
 * this takes a seventh (md5_bench.ts), allocates nothing for short ASCII text, and keeps the module free of imports.
 */
const SINES = Int32Array.from(
  { length: 64 },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
);
const SHIFTS = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);

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
    for (let i = 0; i < 16; i++) {
      const from = at + i * 4;
      block[i] = bytes[from] | bytes[from + 1] << 8 | bytes[from + 2] << 16 |
        bytes[from + 3] << 24;
    }
    compress(digest);
  }
  block.fill(0);
  const rest = length - whole;
  for (let i = 0; i < rest; i++) block[i >> 2] |= bytes[whole + i] << (i & 3) * 8;
  block[rest >> 2] |= 0x80 << (rest & 3) * 8;
  if (rest >= 56) {
    compress(digest);
    block.fill(0);
  }
  // The length in bits, as 64 bits.
  block[14] = length << 3;
  block[15] = length >>> 29;
  compress(digest);
}

/** Folds the block into the digest (RFC 1321 §3.4). A loop for each round: one with branches takes twice as long. */
function compress(digest: Uint32Array): void {
  let a = digest[0] | 0, b = digest[1] | 0, c = digest[2] | 0, d = digest[3] | 0;
  for (let i = 0; i < 16; i++) {
    const sum = (a + ((b & c) | (~b & d)) + SINES[i] + block[i]) | 0;
    const shift = SHIFTS[i & 3];
    a = d;
    d = c;
    c = b;
    b = (b + (sum << shift | sum >>> (32 - shift))) | 0;
  }
  for (let i = 16; i < 32; i++) {
    const sum = (a + ((b & d) | (c & ~d)) + SINES[i] + block[(5 * i + 1) & 15]) | 0;
    const shift = SHIFTS[4 + (i & 3)];
    a = d;
    d = c;
    c = b;
    b = (b + (sum << shift | sum >>> (32 - shift))) | 0;
  }
  for (let i = 32; i < 48; i++) {
    const sum = (a + (b ^ c ^ d) + SINES[i] + block[(3 * i + 5) & 15]) | 0;
    const shift = SHIFTS[8 + (i & 3)];
    a = d;
    d = c;
    c = b;
    b = (b + (sum << shift | sum >>> (32 - shift))) | 0;
  }
  for (let i = 48; i < 64; i++) {
    const sum = (a + (c ^ (b | ~d)) + SINES[i] + block[(7 * i) & 15]) | 0;
    const shift = SHIFTS[12 + (i & 3)];
    a = d;
    d = c;
    c = b;
    b = (b + (sum << shift | sum >>> (32 - shift))) | 0;
  }
  digest[0] += a;
  digest[1] += b;
  digest[2] += c;
  digest[3] += d;
}
