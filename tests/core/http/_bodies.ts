import type { Body } from "../../../core/http/mod.ts";

/** What {@linkcode ScriptedBody} plays. */
export interface Script {
  /** The pieces, one for each read. */
  readonly chunks?: readonly string[];
  readonly length?: number;
  /** What the read after the last piece does: it says that this is all, it fails, or it waits for ever. */
  readonly then?: "end" | "wait" | Error;
}

/** A body that plays a script and notes what is done with it. */
export class ScriptedBody implements Body {
  readonly length?: number;
  /** The reasons that it was cancelled with. */
  readonly cancels: unknown[] = [];
  /** How often it was read. */
  reads = 0;
  /** Settles when somebody waits for what comes after the last piece. */
  readonly drained: Promise<void>;
  readonly #script: Script;
  readonly #onDrained: () => void;

  constructor(script: Script = {}) {
    this.length = script.length;
    this.#script = script;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.#onDrained = resolve;
  }

  read(): Promise<Uint8Array | null> {
    const { chunks = [], then = "end" } = this.#script;
    const at = this.reads++;
    if (at < chunks.length) return Promise.resolve(new TextEncoder().encode(chunks[at]));
    this.#onDrained();
    if (then === "end") return Promise.resolve(null);
    return then === "wait" ? new Promise(() => {}) : Promise.reject(then);
  }

  cancel(reason?: unknown): void {
    this.cancels.push(reason);
  }
}

/** A body without an end, that counts what was taken of it. */
export class EndlessBody implements Body {
  readonly #chunk = new Uint8Array(65_536);
  /** Bytes that were read. */
  produced = 0;
  isCancelled = false;
  /** Settles when it is cancelled. */
  readonly cancelled: Promise<void>;
  readonly #onCancelled: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.cancelled = promise;
    this.#onCancelled = resolve;
  }

  read(): Promise<Uint8Array | null> {
    if (this.isCancelled) return Promise.resolve(null);
    this.produced += this.#chunk.byteLength;
    return Promise.resolve(this.#chunk);
  }

  cancel(): void {
    this.isCancelled = true;
    this.#onCancelled();
  }
}
