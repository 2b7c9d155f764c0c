/** Options of {@linkcode RiseFall}. */
export interface RiseFallOptions {
  /**
   * So many checks in a row must pass before a backend counts as healthy again.
   *
   * @default {2}
   */
  riseCount?: number;
  /**
   * So many checks in a row must fail before it counts as unhealthy.
   *
   * @default {3}
   */
  fallCount?: number;
}

/**
 * Sets the defaults.
 *
 * @throws {RangeError} when a count is not a whole number from 1 on
 */
export function checkRiseFall(options: RiseFallOptions): Required<RiseFallOptions> {
  const { riseCount = 2, fallCount = 3 } = options;
  for (const [name, count] of Object.entries({ riseCount, fallCount })) {
    if (Number.isInteger(count) && count >= 1) continue;
    throw new RangeError(`Cannot check health: ${name} is ${count}, not a whole number from 1 on`);
  }
  return { riseCount, fallCount };
}

/**
 * Whether a backend is healthy, by the results of its checks: it takes several in a row to change that, but
 * the very first one decides alone, since what was believed before it is a guess.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RiseFall } from "@pingo/pingo/loadbalancing";
 *
 * const state = new RiseFall(true, { fallCount: 2, riseCount: 1 });
 * const results = [true, false, false, true];
 * assertEquals(results.map((isGood) => state.note(isGood)), [false, false, true, true]);
 * assertEquals(state.isHealthy, true);
 * ```
 */
export class RiseFall {
  readonly #counts: Required<RiseFallOptions>;
  #isHealthy: boolean;
  #inARow = 0;
  #isFirst = true;
  #wasGood = true;

  /**
   * The state before the first check.
   *
   * @throws {RangeError} when a count is not a whole number from 1 on
   */
  constructor(isHealthy: boolean, options: RiseFallOptions = {}) {
    this.#isHealthy = isHealthy;
    this.#counts = checkRiseFall(options);
  }

  /** Whether it counts as healthy. */
  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** How many checks in a row had the same result as the last one. */
  get inARow(): number {
    return this.#inARow;
  }

  /**
   * Takes the result of a check.
   *
   * @returns whether it changed the state
   */
  note(isGood: boolean): boolean {
    this.#inARow = isGood === this.#wasGood ? this.#inARow + 1 : 1;
    this.#wasGood = isGood;
    const { riseCount, fallCount } = this.#counts;
    const isEnough = this.#isFirst || this.#inARow >= (isGood ? riseCount : fallCount);
    this.#isFirst = false;
    if (!isEnough || isGood === this.#isHealthy) return false;
    this.#isHealthy = isGood;
    return true;
  }
}
