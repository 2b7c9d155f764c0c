/**
 * Who hears of something. One that throws keeps neither the others from hearing nor its caller from going on: what it
 * throws is rethrown apart, as an unhandled error.
 */
export class Listeners<Args extends unknown[]> {
  readonly #all = new Set<(...args: Args) => void>();

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

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
