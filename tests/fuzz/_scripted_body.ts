import { type Body, HeaderList } from "../../core/mod.ts";
import { bytesOf } from "./_latin1.ts";
import type { Line } from "./_naive_syntax.ts";

/** What a body does. */
export interface BodyScript {
  /** What each read gives; empty ones too, which a reader has to pass over. */
  readonly pieces: readonly string[];
  /** How many of the pieces are given before it breaks; null when it does not. */
  readonly breaksBehind: number | null;
  /** Turns before each piece. */
  readonly wait: number;
  /** Whether it tells that the next read need not wait. */
  readonly isReady: boolean | undefined;
  readonly length: number | undefined;
  readonly trailers: readonly Line[] | null;
}

/** A body that follows a script, in one buffer that it writes over with each read. */
export class ScriptedBody implements Body {
  readonly #script: BodyScript;
  readonly #buffer: Uint8Array;
  #next = 0;
  #isReading = false;
  /** Whether it was read to its end, or broke. */
  hasEnded = false;
  /** Whether it was given up. */
  isCancelled = false;

  constructor(script: BodyScript) {
    this.#script = script;
    this.#buffer = new Uint8Array(Math.max(0, ...script.pieces.map((piece) => piece.length)));
  }

  get length(): number | undefined {
    return this.#script.length;
  }

  get isReady(): boolean | undefined {
    return this.#script.isReady;
  }

  get trailers(): HeaderList | null {
    const { trailers } = this.#script;
    return this.hasEnded && trailers !== null ? new HeaderList(trailers) : null;
  }

  async read(): Promise<Uint8Array | null> {
    const { pieces, breaksBehind, wait } = this.#script;
    if (this.#isReading) throw new Error("Two reads at a time");
    this.#buffer.fill(33);
    this.#isReading = true;
    for (let turn = 0; turn < wait; turn++) await null;
    this.#isReading = false;
    const at = this.#next++;
    if (at === breaksBehind) {
      this.hasEnded = true;
      throw new Error("The source broke");
    }
    if (at >= pieces.length || this.isCancelled) {
      this.hasEnded = true;
      return null;
    }
    const bytes = bytesOf(pieces[at]);
    this.#buffer.set(bytes);
    return this.#buffer.subarray(0, bytes.byteLength);
  }

  cancel(): void {
    this.isCancelled = true;
  }
}
