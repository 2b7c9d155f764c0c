import { ProxyError } from "../../errors/mod.ts";
import type { Body } from "./body.ts";
import { bodyFrom } from "./body_sources.ts";
import type { ServerExchange } from "./exchange.ts";

/** The content of a web request: counted, and when it breaks off, the client is named as the one. */
export class IncomingBody implements Body {
  readonly length?: number;
  readonly #body: Body;
  readonly #exchange: ServerExchange;

  constructor(
    stream: ReadableStream<Uint8Array>,
    length: number | undefined,
    exchange: ServerExchange,
  ) {
    this.length = length;
    this.#body = bodyFrom(stream, { length });
    this.#exchange = exchange;
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#body.read();
      if (chunk !== null) this.#exchange.receivedBytes += chunk.byteLength;
      return chunk;
    } catch (cause) {
      throw new ProxyError(
        "client_body_broken",
        "Cannot read the request body: it broke off",
        {
          cause,
        },
      );
    }
  }

  cancel(reason?: unknown): void {
    this.#body.cancel(reason);
  }
}
