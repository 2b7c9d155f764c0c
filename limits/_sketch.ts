import { systemRandom } from "../timeout/mod.ts";
import { KeyHash, mix } from "./_hash.ts";
import type { SketchOptions } from "./sketch_options.ts";

/** Where a key's counters lie: the same for all sketches of one layout. */
export class SketchLayout {
  readonly rows: number;
  readonly columns: number;
  /** The indices of the key that was located last. */
  readonly at: Int32Array;
  readonly #hash: KeyHash;

  constructor(options: SketchOptions) {
    const { rows = 4, columns = 8_192, random = systemRandom } = options;
    if (!Number.isInteger(rows) || rows < 1 || rows > 16) {
      throw new RangeError(
        `Cannot create a sketch: rows ${rows} is not a whole number from 1 to 16`,
      );
    }
    if (!Number.isInteger(columns) || columns < 1 || columns > 2 ** 24) {
      throw new RangeError(
        `Cannot create a sketch: columns ${columns} is not a whole number from 1 to 16777216`,
      );
    }
    this.rows = rows;
    this.columns = 2 ** Math.ceil(Math.log2(columns));
    this.at = new Int32Array(rows);
    this.#hash = new KeyHash(random);
  }

  locate(key: string): void {
    this.#hash.update(key);
    const { first, second } = this.#hash;
    const mask = this.columns - 1;
    for (let row = 0; row < this.rows; row++) {
      // The whole 64 bits go into each row: that two keys meet in one row says little about the next.
      this.at[row] = row * this.columns + (mix(first + Math.imul(second, 2 * row + 1)) & mask);
    }
  }
}

/** A count-min sketch (Cormode and Muthukrishnan 2005): a key's count is never below the true one. */
export class Sketch {
  readonly #layout: SketchLayout;
  readonly #counts: Float64Array;

  constructor(layout: SketchLayout) {
    this.#layout = layout;
    this.#counts = new Float64Array(layout.rows * layout.columns);
  }

  /** The count of the key that was located last. */
  get(): number {
    const { at } = this.#layout;
    let least = this.#counts[at[0]];
    for (let row = 1; row < at.length; row++) least = Math.min(least, this.#counts[at[row]]);
    return least;
  }

  /** Adds to all counters of the key that was located last; a negative number takes away. */
  add(n: number): number {
    const { at } = this.#layout;
    let least = Infinity;
    for (let row = 0; row < at.length; row++) {
      least = Math.min(least, this.#counts[at[row]] += n);
    }
    return least;
  }

  /**
   * Raises only the counters that are too low for the new count (conservative update, Estan and Varghese
   * 2002): what collides grows less. What was added so cannot be taken away again.
   */
  raise(n: number): void {
    const { at } = this.#layout;
    const count = this.get() + n;
    for (let row = 0; row < at.length; row++) {
      if (this.#counts[at[row]] < count) this.#counts[at[row]] = count;
    }
  }

  clear(): void {
    this.#counts.fill(0);
  }
}
