import type { Backoff } from "./backoff.ts";
import { type Random, systemRandom } from "../clock.ts";
import { checkFiniteMs } from "../_number.ts";

/** Options of {@linkcode decorrelatedBackoff}. */
export interface DecorrelatedBackoffOptions {
  /**
   * Least before any retry.
   * @default {100}
   */
  baseMs?: number;
  /**
   * Most before any retry; not below `baseMs`.
   * @default {10_000}
   */
  maxMs?: number;
  /**
   * Source of chance.
   * @default {systemRandom}
   */
  random?: Random;
}

/**
 * Decorrelated jitter: each pause is anything from the base to three times the
 * pause before (Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015). It grows like an exponential one and forgets in step with nobody.
 *
 * @throws {RangeError} if a time is negative or not finite, or `maxMs` is below `baseMs`
 *
 * @example
 * ```ts
 * import { decorrelatedBackoff } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = decorrelatedBackoff({ baseMs: 100, random: () => 0.5 });
 * assertEquals(backoff({ retry: 1, previousMs: 0, error: null }), 200);
 * assertEquals(backoff({ retry: 2, previousMs: 200, error: null }), 350);
 * ```
 */
export function decorrelatedBackoff(options: DecorrelatedBackoffOptions = {}): Backoff {
  const { baseMs = 100, maxMs = 10_000, random = systemRandom } = options;
  const action = "create decorrelatedBackoff";
  checkFiniteMs(action, "baseMs", baseMs);
  checkFiniteMs(action, "maxMs", maxMs);
  if (maxMs < baseMs) {
    throw new RangeError(`Cannot ${action}: maxMs ${maxMs} is below baseMs ${baseMs}`);
  }
  return ({ previousMs }) => {
    const most = 3 * Math.max(baseMs, previousMs);
    return Math.min(maxMs, baseMs + (most - baseMs) * random());
  };
}
