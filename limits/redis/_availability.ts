import type { Clock } from "../../timeout/mod.ts";

/** Why the server did not decide. */
export type FailureReason = "timeout" | "disconnected" | "error";

/** What {@linkcode Availability} needs. */
export interface AvailabilitySettings {
  readonly maxFailures: number;
  readonly retryMs: number;
  readonly clock: Clock;
}

/**
 * Remembers whether the server can be asked: down after so many failures in a row, or at once when there is no
 * connection; then one probe at a time, no more often than each `retryMs`, tells that it is back.
 */
export class Availability {
  readonly #settings: AvailabilitySettings;
  #failures = 0;
  #isUp = true;
  #isProbing = false;
  #probeAt = 0;

  constructor(settings: AvailabilitySettings) {
    this.#settings = settings;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** An answer in time. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** @returns whether it is down from now on */
  failed(reason: FailureReason): boolean {
    if (!this.#isUp) return false;
    this.#failures++;
    if (reason !== "disconnected" && this.#failures < this.#settings.maxFailures) return false;
    this.#isUp = false;
    // A connection that stands again is worth a probe at once.
    const pauseMs = reason === "disconnected" ? 0 : this.#settings.retryMs;
    this.#probeAt = this.#settings.clock.now() + pauseMs;
    return true;
  }

  /** @returns whether who asks is to probe; they tell the end of it by {@linkcode Availability.probed} */
  claimProbe(): boolean {
    if (this.#isUp || this.#isProbing || this.#settings.clock.now() < this.#probeAt) return false;
    this.#isProbing = true;
    return true;
  }

  /** The end of a probe. */
  probed(isAnswered: boolean): void {
    this.#isProbing = false;
    this.#probeAt = this.#settings.clock.now() + this.#settings.retryMs;
    if (!isAnswered) return;
    this.#isUp = true;
    this.#failures = 0;
  }
}
