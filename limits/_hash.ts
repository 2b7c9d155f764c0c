/**
 * Hashes of keys, two times 32 bits with two seeds. Not cryptographic: the seeds are drawn by chance, so
 * that nobody outside knows which keys fall together.
 */
export class KeyHash {
  readonly #seed1: number;
  readonly #seed2: number;
  /** The first half of the last hash. */
  first = 0;
  /** The second half of the last hash. */
  second = 0;

  constructor(random: () => number) {
    this.#seed1 = Math.floor(random() * 2 ** 32) | 0;
    this.#seed2 = Math.floor(random() * 2 ** 32) | 0;
  }

  /** Hashes; the halves are left in fields, since an object for each key would be garbage. */
  update(key: string): void {
    let a = this.#seed1;
    let b = this.#seed2;
    for (let i = 0; i < key.length; i++) {
      const c = key.charCodeAt(i);
      a = Math.imul(a ^ c, 0x9e3779b1);
      b = Math.imul(b ^ c, 0x5f356495);
      // A bare product never carries high bits down: keys that differ in them only would fall together.
      a ^= a >>> 15;
      b ^= b >>> 13;
    }
    this.first = mix(a ^ key.length);
    this.second = mix(b ^ this.first);
  }
}

/** The finalizer of MurmurHash3: each bit of the input changes each one of the output by half. */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
