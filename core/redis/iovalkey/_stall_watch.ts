import type { Clock } from "../../../timeout/mod.ts";

/** What {@linkcode StallWatch} needs. */
export interface StallWatchSettings {
  readonly stallMs: number;
  readonly clock: Clock;
  /** Called when nothing came for so long, or half as long again, while something was due. */
  onStall(): void;
}

/**
 * Sees that a connection is silent while replies are due. The client's own `socketTimeout` sets and clears a timer for
 * each command, a tenth of a round trip; this one only counts, and looks at the count twice in the time: a stall is seen
 * after one to one and a half times of it.
 */
export class StallWatch {
  readonly #settings: StallWatchSettings;
  #due = 0;
  /** How often something came, and how often that was at the last look. */
  #ends = 0;
  #seenEnds = 0;
  #vainLooks = 0;
  #cancel: (() => void) | null = null;

  constructor(settings: StallWatchSettings) {
    this.#settings = settings;
  }

  /** Something is due. */
  begin(): void {
    // What was silent because nothing was due begins anew.
    if (this.#due++ === 0) this.#ends++;
    if (this.#cancel === null) this.#arm();
  }

  /** It came, or will not come any more. */
  end(): void {
    this.#due--;
    this.#ends++;
  }

  /** For good. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    const { clock, stallMs } = this.#settings;
    this.#cancel = clock.setTimer(() => this.#look(), stallMs / 2, { keepAlive: false });
  }

  #look(): void {
    this.#cancel = null;
    if (this.#due === 0) return;
    this.#vainLooks = this.#ends === this.#seenEnds ? this.#vainLooks + 1 : 0;
    this.#seenEnds = this.#ends;
    this.#arm();
    if (this.#vainLooks < 2) return;
    this.#vainLooks = 0;
    this.#settings.onStall();
  }
}
