import { Sketch, SketchLayout } from "./_sketch.ts";
import type { SketchOptions } from "./sketch_options.ts";

/**
 * Counts events of any number of keys in memory of a fixed size, as Pingora's `Estimator` does: a count-min
 * sketch. A count is never too low. It is too high where each of a key's counters is shared: by more than
 * `2.72 / columns` of all events that were counted with a probability below `0.37 ** rows`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Estimator } from "@pingo/pingo/limits";
 *
 * const estimator = new Estimator();
 * estimator.add("a");
 * assertEquals(estimator.add("a", 2), 3);
 * assertEquals(estimator.get("b"), 0);
 * estimator.remove("a");
 * assertEquals(estimator.get("a"), 2);
 * ```
 */
export class Estimator {
  readonly #layout: SketchLayout;
  readonly #sketch: Sketch;

  /**
   * An empty estimator.
   *
   * @throws {RangeError} if rows or columns are out of their range
   */
  constructor(options: SketchOptions = {}) {
    this.#layout = new SketchLayout(options);
    this.#sketch = new Sketch(this.#layout);
  }

  /**
   * Counts events of a key; tells the count.
   *
   * @throws {RangeError} if the number is negative or not finite
   */
  add(key: string, n = 1): number {
    checkCount(n);
    this.#layout.locate(key);
    return this.#sketch.add(n);
  }

  /**
   * Takes back what was counted; tells the count.
   *
   * @throws {RangeError} if the number is negative or not finite
   */
  remove(key: string, n = 1): number {
    checkCount(n);
    this.#layout.locate(key);
    return this.#sketch.add(-n);
  }

  /** The count of a key. */
  get(key: string): number {
    this.#layout.locate(key);
    return this.#sketch.get();
  }

  /** Forgets all counts. */
  reset(): void {
    this.#sketch.clear();
  }
}

function checkCount(n: number): void {
  if (!(n >= 0 && n < Infinity)) {
    throw new RangeError(`Cannot count ${n} events: write a finite number from 0 on`);
  }
}
