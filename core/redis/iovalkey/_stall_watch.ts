import type { Clock } from "../../../timeout/mod.ts";

/** What {@linkcode StallWatch} needs. */
export interface StallWatchSettings {
  readonly stallMs: number;
  readonly clock: Clock;
  /** Called when nothing came for so long while something was due. */
  onStall(): void;
}

/**
 * Sees that a connection is silent while replies are due. The client's own `socketTimeout` sets and clears a timer for
 * each command, a tenth of a round trip; this one looks again when its timer fires.
 */
export class StallWatch {
  readonly #settings: StallWatchSettings;
  #due = 0;
  #progressAt = 0;
  #cancel: (() => void) | null = null;

  constructor(settings: StallWatchSettings) {
    this.#settings = settings;
  }

  /** Something is due. */
  begin(): void {
    if (this.#due++ === 0) this.#progressAt = this.#settings.clock.now();
    if (this.#cancel === null) this.#arm(this.#settings.stallMs);
  }

  /** It came, or will not come any more. */
  end(): void {
    this.#due--;
    this.#progressAt = this.#settings.clock.now();
  }

  /** For good. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(ms: number): void {
    this.#cancel = this.#settings.clock.setTimer(() => this.#look(), ms, { keepAlive: false });
  }

  #look(): void {
    this.#cancel = null;
    if (this.#due === 0) return;
    const { clock, stallMs, onStall } = this.#settings;
    const silentMs = clock.now() - this.#progressAt;
    if (silentMs < stallMs) return this.#arm(stallMs - silentMs);
    this.#arm(stallMs);
    onStall();
  }
}
