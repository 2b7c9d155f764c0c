import type { Body, HeaderMap } from "../http/mod.ts";

/** The content of a reply, such that it can be broken off also while somebody waits in `read`. */
export class CuttableBody implements Body {
  readonly #body: Body;
  #reject: ((reason: unknown) => void) | null = null;
  #isCut = false;
  #reason: unknown = undefined;
  #isInMemory = false;

  constructor(body: Body) {
    this.#body = body;
  }

  /** Whether all of it was taken as bytes: it cannot be cut any more, and needs nobody to go on. */
  get isInMemory(): boolean {
    return this.#isInMemory;
  }

  get length(): number | undefined {
    return this.#body.length;
  }

  get trailers(): HeaderMap | null | undefined {
    return this.#body.trailers;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#isCut) return Promise.reject(this.#reason);
    // Promise.race would leave a reaction for every chunk on a promise that lives as long as the body.
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#body.read().then(resolve, reject);
    });
  }

  cancel(reason?: unknown): void {
    this.#body.cancel(reason);
  }

  takeBytes(): Uint8Array | null {
    const bytes = this.#body.takeBytes?.() ?? null;
    this.#isInMemory = bytes !== null;
    return bytes;
  }

  takeStream(): ReadableStream<Uint8Array> | null {
    return this.#body.takeStream?.() ?? null;
  }

  /** Makes the read that waits, and every one to come, fail with the reason. */
  cut(reason: unknown): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#reason = reason;
    this.#reject?.(reason);
    this.#body.cancel(reason);
  }
}
