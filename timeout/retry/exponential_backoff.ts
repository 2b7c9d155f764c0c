import type { Backoff } from "./backoff.ts";
import { type Random, systemRandom } from "../clock.ts";
import { checkFiniteMs } from "../_number.ts";

/**
 * How a pause of at most `ms` is spread:
 *
 * - `full`: anything from 0 to `ms`;
 * - `equal`: anything from half of `ms` to `ms`;
 * - `none`: exactly `ms`.
 */
export type Jitter = "full" | "equal" | "none";

/** Options of {@linkcode exponentialBackoff}. */
export interface ExponentialBackoffOptions {
  /**
   * Most before the first retry.
   * @default {100}
   */
  baseMs?: number;
  /**
   * What it is multiplied by for each further one, from 1 on.
   * @default {2}
   */
  factor?: number;
  /**
   * Most before any retry.
   * @default {10_000}
   */
  maxMs?: number;
  /**
   * How the pauses are spread, so that callers that failed together do not come
   * back together.
   * @default {"full"}
   */
  jitter?: Jitter;
  /**
   * Source of chance.
   * @default {systemRandom}
   */
  random?: Random;
}

/**
 * Pauses that grow by a factor, with jitter (Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015).
 *
 * @throws {RangeError} if a time is negative or not finite, or the factor is below 1
 * @throws {TypeError} if the jitter is none of the three
 *
 * @example
 * ```ts
 * import { exponentialBackoff } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = exponentialBackoff({ baseMs: 100, maxMs: 300, jitter: "none" });
 * const pauses = [1, 2, 3].map((retry) => backoff({ retry, previousMs: 0, error: null }));
 * assertEquals(pauses, [100, 200, 300]);
 * ```
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const {
    baseMs = 100,
    factor = 2,
    maxMs = 10_000,
    jitter = "full",
    random = systemRandom,
  } = options;
  const action = "create exponentialBackoff";
  checkFiniteMs(action, "baseMs", baseMs);
  checkFiniteMs(action, "maxMs", maxMs);
  if (!(factor >= 1 && factor < Infinity)) {
    throw new RangeError(`Cannot ${action}: factor ${factor} is not a finite number from 1 on`);
  }
  if (jitter !== "full" && jitter !== "equal" && jitter !== "none") {
    throw new TypeError(`Cannot ${action}: jitter "${jitter}" is not full, equal or none`);
  }
  const steady = { full: 0, equal: 0.5, none: 1 }[jitter];
  return ({ retry }) => {
    // A base of 0 times a power without end is no number.
    const most = baseMs === 0 ? 0 : Math.min(maxMs, baseMs * factor ** (retry - 1));
    return steady === 1 ? most : most * (steady + (1 - steady) * random());
  };
}
