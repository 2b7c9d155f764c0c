import type { CircuitChange, CircuitListener, CircuitState } from "./circuit_state.ts";

/** The listeners of one circuit. */
export class Listeners {
  /** Replaced, never changed: a listener may come or go while others are told. */
  #all: readonly CircuitListener[] = [];

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
    for (const each of this.#all) tell(() => each.changed?.(change));
  }

  rejected(state: CircuitState): void {
    for (const each of this.#all) tell(() => each.rejected?.(state));
  }
}

function tell(hook: () => void): void {
  try {
    hook();
  } catch (error) {
    reportError(error);
  }
}
