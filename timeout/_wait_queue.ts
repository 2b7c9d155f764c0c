/** One place in a {@linkcode WaitQueue}. */
export interface Waiter {
  readonly serve: () => void;
  previous: Waiter | null;
  next: Waiter | null;
  isQueued: boolean;
}

/** First come, first served; leaving from the middle costs no more than being served. */
export class WaitQueue {
  #first: Waiter | null = null;
  #last: Waiter | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(serve: () => void): Waiter {
    const waiter: Waiter = { serve, previous: this.#last, next: null, isQueued: true };
    if (this.#last === null) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.#size++;
    return waiter;
  }

  /** Harmless for one that has left. */
  remove(waiter: Waiter): void {
    if (!waiter.isQueued) return;
    const { previous, next } = waiter;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    waiter.isQueued = false;
    this.#size--;
  }

  /** @returns whether somebody waited */
  serveFirst(): boolean {
    const first = this.#first;
    if (first === null) return false;
    this.remove(first);
    first.serve();
    return true;
  }
}
