import { Estimator } from "./estimator.ts";
import type { SketchOptions } from "./sketch_options.ts";

/** Something of a key that is going on, until it is disposed of. */
export interface InflightGuard extends Disposable {
  /** How many of the key were going on when this one had begun, this one with them; never too low. */
  readonly count: number;
}

/**
 * Counts what is going on at the same time for any number of keys, in memory of a fixed size, as Pingora's
 * `Inflight` does: requests of a client, connections to a host. Counts may be too high where keys share
 * counters ({@linkcode Estimator}); {@linkcode KeyedConcurrency} is exact.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Inflight } from "@pingo/pingo/limits";
 *
 * const inflight = new Inflight();
 * {
 *   using one = inflight.enter("client");
 *   using two = inflight.enter("client");
 *   assertEquals([one.count, two.count], [1, 2]);
 * }
 * assertEquals(inflight.get("client"), 0);
 * ```
 */
export class Inflight {
  readonly #estimator: Estimator;

  /**
   * With nothing going on.
   *
   * @throws {RangeError} if rows or columns are out of their range
   */
  constructor(options: SketchOptions = {}) {
    this.#estimator = new Estimator(options);
  }

  /**
   * Begins something; its guard ends it. Disposing of a guard twice is harmless.
   *
   * @throws {RangeError} if the weight is negative or not finite
   */
  enter(key: string, weight = 1): InflightGuard {
    const estimator = this.#estimator;
    const count = estimator.add(key, weight);
    let isOver = false;
    return {
      count,
      [Symbol.dispose](): void {
        if (!isOver) estimator.remove(key, weight);
        isOver = true;
      },
    };
  }

  /** How many of a key are going on; never too low. */
  get(key: string): number {
    return this.#estimator.get(key);
  }
}
