import type { Clock } from "../../timeout/mod.ts";

/** A clock that lets promises settle at the exact moment of each timer, without the system's timers. */
export class SteppingClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; fire: () => void }>();

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return this.#now;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  setTimer(fire: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + delayMs, fire };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.fire();
    }
    this.#now = end;
  }
}

/** As many turns of the microtask queue as the chains of promises in these tests are long. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await null;
}
