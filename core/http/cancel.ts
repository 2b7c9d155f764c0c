/**
 * Tells that an exchange is over before its time, and why. It is what an `AbortSignal` is, at a
 * tenth of its price: made for each request, listened to by the few who wait.
 */
export interface Cancel {
  /** Whether it has been cancelled. */
  readonly cancelled: boolean;
  /** The reason that was given; undefined until then. */
  readonly reason: unknown;
  /**
   * Calls `fn` when it is cancelled, at once when it has been.
   *
   * @returns a function that takes the listener back
   */
  onCancel(fn: (reason: unknown) => void): () => void;
  /** The same as an `AbortSignal`, made at the first look. */
  readonly signal: AbortSignal;
}

/**
 * The side of a {@linkcode Cancel} that cancels.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CancelSource } from "@pingo/pingo/core";
 *
 * const source = new CancelSource();
 * const seen: unknown[] = [];
 * source.onCancel((reason) => seen.push(reason));
 * source.cancel("client left");
 * source.cancel("again");
 * assertEquals(seen, ["client left"]);
 * assertEquals(source.signal.reason, "client left");
 * ```
 */
export class CancelSource implements Cancel {
  #cancelled = false;
  #reason: unknown = undefined;
  /** Most exchanges have one listener at a time: it takes no set. */
  #first: ((reason: unknown) => void) | null = null;
  #others: Set<(reason: unknown) => void> | null = null;
  #controller: AbortController | null = null;

  /** Whether it has been cancelled. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** The reason that was given. */
  get reason(): unknown {
    return this.#reason;
  }

  /** The same as an `AbortSignal`, made at the first look. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Calls `fn` when it is cancelled, at once when it has been. */
  onCancel(fn: (reason: unknown) => void): () => void {
    this.addListener(fn);
    return () => this.removeListener(fn);
  }

  /** The same without a function that takes it back, for who listens at each exchange with the same one. */
  addListener(fn: (reason: unknown) => void): void {
    if (this.#cancelled) fn(this.#reason);
    else if (this.#first === null) this.#first = fn;
    else (this.#others ??= new Set()).add(fn);
  }

  /** Takes a listener back. */
  removeListener(fn: (reason: unknown) => void): void {
    if (this.#first === fn) this.#first = null;
    else this.#others?.delete(fn);
  }

  /** Cancels; the first reason holds. A listener that throws does not keep the others from hearing. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const first = this.#first;
    const others = this.#others;
    this.#first = null;
    if (first !== null) tell(first, reason);
    // A listener that is taken back while others hear is not called any more.
    if (others !== null) { for (const fn of others) tell(fn, reason); }
    this.#others = null;
  }
}

function tell(fn: (reason: unknown) => void, reason: unknown): void {
  try {
    fn(reason);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Waits for a promise, but not longer than until the cancellation; then it rejects with its reason, and
 * whatever the promise brings later is dropped.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { CancelSource, untilCancelled } from "@pingo/pingo/core";
 *
 * const source = new CancelSource();
 * const never = new Promise<void>(() => {});
 * queueMicrotask(() => source.cancel(new Error("client left")));
 * await assertRejects(() => untilCancelled(never, source), Error, "client left");
 * ```
 */
export function untilCancelled<T>(promise: PromiseLike<T>, cancel: Cancel): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = cancel.onCancel(reject);
    promise.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error) => {
        forget();
        reject(error);
      },
    );
  });
}
