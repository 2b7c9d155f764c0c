import { type Body, type Exchange, type HeaderMap, untilCancelled } from "../core/mod.ts";
import { type BodyHook, isThenable } from "./phases.ts";

/** What {@linkcode HookedBody} needs. */
export interface HookedBodyOptions<State> {
  exchange: Exchange<State>;
  hooks: readonly BodyHook<State>[];
  /** Whether the content keeps its length. */
  keepsLength: boolean;
  /** Called with the trailer fields at the end, where there are some. */
  onTrailers?: (trailers: HeaderMap) => void;
}

/** A body whose chunks pass through the hooks of a phase; the reader's pace is still the writer's. */
export class HookedBody<State> implements Body {
  readonly length?: number;
  readonly #body: Body;
  readonly #options: HookedBodyOptions<State>;
  /** The hook that is told of the end next; -1 while the content runs. */
  #ending = -1;

  constructor(body: Body, options: HookedBodyOptions<State>) {
    this.#body = body;
    this.#options = options;
    this.length = options.keepsLength ? body.length : undefined;
  }

  get trailers(): HeaderMap | null {
    return this.#body.trailers ?? null;
  }

  async read(): Promise<Uint8Array | null> {
    try {
      for (;;) {
        const out = await this.#next();
        if (out === null || out.byteLength > 0) return out;
      }
    } catch (error) {
      this.#body.cancel(error);
      throw error;
    }
  }

  cancel(reason?: unknown): void {
    this.#ending = this.#options.hooks.length + 1;
    this.#body.cancel(reason);
  }

  async #next(): Promise<Uint8Array | null> {
    const { hooks } = this.#options;
    if (this.#ending < 0) {
      const chunk = await this.#body.read();
      if (chunk !== null) return await this.#pass(chunk, 0);
      this.#ending = 0;
    }
    if (this.#ending === hooks.length) return this.#atEnd();
    if (this.#ending > hooks.length) return null;
    // What a hook holds back comes at its end, and passes through the hooks behind it.
    const at = this.#ending++;
    const last = await this.#call(at, null);
    return last === null ? EMPTY : await this.#pass(last, at + 1);
  }

  async #pass(chunk: Uint8Array, from: number): Promise<Uint8Array> {
    let passing = chunk;
    for (let i = from; i < this.#options.hooks.length && passing.byteLength > 0; i++) {
      passing = await this.#call(i, passing) ?? passing;
    }
    return passing;
  }

  async #call(at: number, chunk: Uint8Array | null): Promise<Uint8Array | null> {
    const { exchange, hooks } = this.#options;
    const result = hooks[at](exchange, chunk);
    return (isThenable(result) ? await untilCancelled(result, exchange.cancel) : result) ?? null;
  }

  #atEnd(): null {
    this.#ending = this.#options.hooks.length + 1;
    const trailers = this.#body.trailers;
    if (trailers) this.#options.onTrailers?.(trailers);
    return null;
  }
}

const EMPTY = new Uint8Array(0);
