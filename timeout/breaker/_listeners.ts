import { told } from "../_told.ts";
import type { CircuitChange, CircuitListener, CircuitState } from "./circuit_state.ts";

type News = (listener: CircuitListener) => void;

/** The listeners of one circuit. */
export class Listeners {
  /** Replaced, never changed: a listener may come or go while others are told. */
  #all: readonly CircuitListener[] = [];
  /** What is being told, and what came about meanwhile. */
  readonly #news: News[] = [];

  add(listener: CircuitListener): Disposable {
    // An entry of its own: the same listener may be added twice.
    const entry: CircuitListener = {
      changed: (change) => listener.changed?.(change),
      rejected: (state) => listener.rejected?.(state),
    };
    this.#all = [...this.#all, entry];
    return {
      [Symbol.dispose]: () => {
        this.#all = this.#all.filter((each) => each !== entry);
      },
    };
  }

  changed(change: CircuitChange): void {
    if (this.#all.length > 0) this.#tell((each) => each.changed?.(change));
  }

  rejected(state: CircuitState): void {
    if (this.#all.length > 0) this.#tell((each) => each.rejected?.(state));
  }

  /** In the order in which it came about, for all: what a listener itself brings about comes afterwards. */
  #tell(news: News): void {
    if (this.#news.push(news) > 1) return;
    for (let next: News | undefined; (next = this.#news[0]) !== undefined; this.#news.shift()) {
      for (const each of this.#all) told(() => next?.(each));
    }
  }
}
