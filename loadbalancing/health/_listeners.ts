/** Who hears of something. One that throws does not keep the others from hearing. */
export class Listeners<Args extends unknown[]> {
  readonly #all = new Set<(...args: Args) => void>();

  /** @returns a function that takes the listener back */
  add(fn: (...args: Args) => void): () => void {
    const listener = (...args: Args): void => fn(...args);
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  call(...args: Args): void {
    for (const listener of this.#all) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
