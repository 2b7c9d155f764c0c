import { KeyHash } from "./_hash.ts";

const FIRST_SIZE = 256;

/** Longer keys are folded: a key comes from outside, and its length is its sender's choice. */
const MAX_KEY_LENGTH = 128;

/**
 * When the debt of each key ends, for a bounded number of keys. When it is full, the key whose debt ends
 * first makes room: a key without debt is no different from one that was never seen, and a heavy one is
 * the last to go.
 *
 * A heap finds the first end. It is lazy: an end only ever grows, so that the heap may know an old, lower
 * one, which is put right when it comes to the top. A key that is known costs one look into a map.
 */
export class DebtTable {
  readonly #maxKeys: number;
  readonly #hash: KeyHash;
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  #ends: Float64Array;
  /** The end that the heap knows of, by slot. */
  #known: Float64Array;
  /** Slots; a parent's known end is no later than those of its children. */
  #heap: Uint32Array;
  /** The latest end that was forgotten: no key that is not here owes beyond it. */
  forgottenEnd = -Infinity;

  constructor(maxKeys: number, random: () => number) {
    const size = Math.min(FIRST_SIZE, maxKeys);
    this.#maxKeys = maxKeys;
    this.#hash = new KeyHash(random);
    this.#ends = new Float64Array(size);
    this.#known = new Float64Array(size);
    this.#heap = new Uint32Array(size);
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The name that a key goes by here. */
  nameOf(key: string): string {
    if (key.length <= MAX_KEY_LENGTH) return key;
    this.#hash.update(key);
    const { first, second } = this.#hash;
    return `${key.slice(0, MAX_KEY_LENGTH / 2)}…${key.length} ${first} ${second}`;
  }

  /** The slot of a key, -1 when it is not here. */
  find(name: string): number {
    return this.#slots.get(name) ?? -1;
  }

  end(slot: number): number {
    return this.#ends[slot];
  }

  /** Moves the end of a known key on. */
  extend(slot: number, end: number): void {
    this.#ends[slot] = end;
  }

  /** Takes a key in. */
  insert(name: string, end: number, now: number): void {
    const isFull = this.#keys.length === this.#maxKeys;
    const slot = isFull ? this.#evict(now) : this.#keys.length;
    if (slot === this.#ends.length) this.#grow();
    // A part of a long text would keep all of it in memory.
    const own = name.length < 13 ? name : ` ${name}`.slice(1);
    this.#keys[slot] = own;
    this.#slots.set(own, slot);
    this.#ends[slot] = this.#known[slot] = end;
    if (isFull) this.#siftDown();
    else this.#siftUp(slot);
  }

  /** Forgets the key at the top of the heap, once that is the one whose debt ends first. */
  #evict(now: number): number {
    for (;;) {
      const slot = this.#heap[0];
      const end = this.#ends[slot];
      if (end <= now || end === this.#known[slot]) {
        this.#slots.delete(this.#keys[slot]);
        this.forgottenEnd = Math.max(this.forgottenEnd, end);
        return slot;
      }
      this.#known[slot] = end;
      this.#siftDown();
    }
  }

  #siftUp(slot: number): void {
    let at = this.#keys.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#known[this.#heap[parent]] <= this.#known[slot]) break;
      this.#heap[at] = this.#heap[parent];
      at = parent;
    }
    this.#heap[at] = slot;
  }

  /** Puts the slot at the top to its place. */
  #siftDown(): void {
    const length = this.#keys.length;
    const slot = this.#heap[0];
    const end = this.#known[slot];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (
        child + 1 < length && this.#known[this.#heap[child + 1]] < this.#known[this.#heap[child]]
      ) {
        child++;
      }
      if (this.#known[this.#heap[child]] >= end) break;
      this.#heap[at] = this.#heap[child];
      at = child;
    }
    this.#heap[at] = slot;
  }

  #grow(): void {
    const size = Math.min(2 * this.#ends.length, this.#maxKeys);
    this.#ends = larger(this.#ends, new Float64Array(size));
    this.#known = larger(this.#known, new Float64Array(size));
    this.#heap = larger(this.#heap, new Uint32Array(size));
  }
}

function larger<Numbers extends Float64Array | Uint32Array>(old: Numbers, wider: Numbers): Numbers {
  wider.set(old);
  return wider;
}
