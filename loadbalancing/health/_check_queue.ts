/** Lets so many pieces of work run at one time; the others wait in order of arrival. */
export class CheckQueue {
  readonly #max: number;
  readonly #waiting = new Set<() => Promise<void>>();
  readonly #running = new Set<Promise<void>>();

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * @param work what it throws is rethrown apart: the others have their turn
   * @returns a function that takes the work back while it waits
   */
  add(work: () => Promise<void>): () => void {
    if (this.#running.size < this.#max) this.#run(work);
    else this.#waiting.add(work);
    return () => void this.#waiting.delete(work);
  }

  /** Settles when all that runs has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #run(work: () => Promise<void>): void {
    const running = work().catch(rethrow).then(() => {
      this.#running.delete(running);
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#waiting.delete(next);
      this.#run(next);
    });
    this.#running.add(running);
  }
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
