import type { Body, HeaderMap } from "../../http/mod.ts";

/** The content of a response that lies whole in the buffer of its head: the usual small one. */
export class HeldContent implements Body {
  /** Left out where there are trailers: they need chunks, so nobody may promise a length. */
  readonly length?: number;
  readonly trailers: HeaderMap | null;
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array, trailers: HeaderMap | null) {
    this.#bytes = bytes;
    this.trailers = trailers;
    if (trailers === null) this.length = bytes.byteLength;
  }

  get isReady(): boolean {
    return true;
  }

  read(): Promise<Uint8Array | null> {
    return Promise.resolve(this.#take());
  }

  readInto(to: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    if (bytes === null || to.byteLength - at < bytes.byteLength) return -1;
    this.#bytes = null;
    to.set(bytes, at);
    return bytes.byteLength;
  }

  /** A copy: who takes the bytes may keep them for longer than the buffer is lent. */
  takeBytes(): Uint8Array | null {
    return this.#take()?.slice() ?? null;
  }

  cancel(): void {
    this.#bytes = null;
  }

  #take(): Uint8Array | null {
    const bytes = this.#bytes;
    this.#bytes = null;
    return bytes === null || bytes.byteLength === 0 ? null : bytes;
  }
}
