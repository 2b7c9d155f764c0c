import type { RestartOptions } from "./restart_options.ts";

/** Counts failures in a row and tells how long to wait after each. */
export class RestartDelay {
  readonly #options: Required<RestartOptions>;
  #failures = 0;

  constructor(options: Required<RestartOptions>) {
    this.#options = options;
  }

  /**
   * The pause after one more failure, or null when it was one too many.
   *
   * @param ranMs how long the run lasted
   */
  next(ranMs: number): number | null {
    const { firstDelayMs, longestDelayMs, maxRestarts } = this.#options;
    if (ranMs > longestDelayMs) this.#failures = 0;
    if (this.#failures >= maxRestarts) return null;
    return Math.min(firstDelayMs * 2 ** this.#failures++, longestDelayMs);
  }
}
