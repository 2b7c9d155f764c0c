import type { Body } from "../http/mod.ts";

/** A request body on its way into `fetch`: remembers why it broke, which `fetch` does not tell. */
export class TrackedUpload implements Body {
  readonly length?: number;
  readonly #body: Body;
  #failure: unknown = undefined;

  constructor(body: Body) {
    this.#body = body;
    this.length = body.length;
  }

  /** What the read rejected with; undefined when none did. */
  get failure(): unknown {
    return this.#failure;
  }

  async read(): Promise<Uint8Array | null> {
    try {
      return await this.#body.read();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  takeBytes(): Uint8Array | null {
    return this.#body.takeBytes?.() ?? null;
  }

  cancel(reason?: unknown): void {
    this.#body.cancel(reason);
  }
}
