import { ProxyError } from "../../errors/mod.ts";
import type { Body } from "./body.ts";
import { bodyFrom } from "./body_sources.ts";
import type { ServerExchange } from "./exchange.ts";

/** The content of a web request: counted, and when it breaks off, the client is named as the one. */
export class IncomingBody implements Body {
  readonly length?: number;
  readonly #body: Body;
  readonly #exchange: ServerExchange;
  /** What {@linkcode IncomingBody.isEmpty} has read ahead. */
  #first: Promise<Uint8Array | null> | null = null;

  constructor(
    stream: ReadableStream<Uint8Array>,
    length: number | undefined,
    exchange: ServerExchange,
  ) {
    this.length = length;
    this.#body = bodyFrom(stream, { length });
    this.#exchange = exchange;
  }

  /**
   * Whether there is nothing in it; waits for the first piece, which the next `read` gives. A body that
   * breaks is not empty: the reader hears of it.
   */
  async isEmpty(): Promise<boolean> {
    const first = this.#first = this.#read();
    try {
      return await first === null;
    } catch {
      return false;
    }
  }

  read(): Promise<Uint8Array | null> {
    const first = this.#first;
    if (first === null) return this.#read();
    this.#first = null;
    return first;
  }

  cancel(reason?: unknown): void {
    this.#first = null;
    this.#body.cancel(reason);
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#body.read();
      if (chunk !== null) this.#exchange.receivedBytes += chunk.byteLength;
      return chunk;
    } catch (cause) {
      throw new ProxyError(
        "client_body_broken",
        "Cannot read the request body: it broke off",
        { cause },
      );
    }
  }
}
