/** How a background service that has failed is started again. */
export interface RestartOptions {
  /**
   * The pause before the first restart; each further one doubles it.
   *
   * @default {1000}
   */
  firstDelayMs?: number;
  /**
   * The pause grows no longer than this. A run that lasted longer counts as sound: the next failure is
   * a first one again.
   *
   * @default {30000}
   */
  longestDelayMs?: number;
  /**
   * After so many restarts in a row the service fails for good.
   *
   * @default {Infinity}
   */
  maxRestarts?: number;
}

/**
 * Sets the defaults.
 *
 * @throws {RangeError} when a value is negative or NaN
 */
export function checkRestartOptions(options: RestartOptions): Required<RestartOptions> {
  const { firstDelayMs = 1_000, longestDelayMs = 30_000, maxRestarts = Infinity } = options;
  const checked = { firstDelayMs, longestDelayMs, maxRestarts };
  for (const [name, value] of Object.entries(checked)) {
    if (!(value >= 0)) throw new RangeError(`Cannot take ${name}: ${value} is negative or NaN`);
  }
  return checked;
}
