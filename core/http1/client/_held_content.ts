import type { Body, HeaderMap } from "../../http/mod.ts";
import { copyBytes } from "../_copy.ts";

/**
 * The content of a response that lies whole in the buffer of its head, `bytes[start..end)`: the usual small
 * one. Most are copied from there; a view is made for who reads.
 */
export class HeldContent implements Body {
  /** Left out where there are trailers: they need chunks, so nobody may promise a length. */
  readonly length?: number;
  readonly trailers: HeaderMap | null;
  readonly #start: number;
  readonly #end: number;
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array, start: number, end: number, trailers: HeaderMap | null) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.trailers = trailers;
    if (trailers === null) this.length = end - start;
  }

  get isReady(): boolean {
    return true;
  }

  read(): Promise<Uint8Array | null> {
    return Promise.resolve(this.#take());
  }

  readInto(to: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    const count = this.#end - this.#start;
    if (bytes === null || to.byteLength - at < count) return -1;
    this.#bytes = null;
    copyBytes(bytes, this.#start, this.#end, to, at);
    return count;
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
    return bytes === null || this.#start === this.#end
      ? null
      : bytes.subarray(this.#start, this.#end);
  }
}
