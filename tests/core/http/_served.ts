import { assertEquals } from "@std/assert";
import {
  type Exchange,
  type ExchangeEnd,
  type Handler,
  toFetch,
  type ToFetchOptions,
} from "../../../core/http/mod.ts";
import { rawClient, type RawConnection } from "../../support/raw.ts";

/** A handler behind `toFetch` on `Deno.serve`, and how its exchanges end. */
export class Served implements AsyncDisposable {
  /** Every exchange, in the order of their beginning. */
  readonly exchanges: Exchange[] = [];
  /** Every end, in the order of their end. */
  readonly ends: ExchangeEnd[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(handler: Handler, options: ToFetchOptions = {}) {
    const fetch = toFetch(handler, {
      ...options,
      onExchange: (exchange) => {
        this.exchanges.push(exchange);
        exchange.onEnd((end) => this.#onEnd(end));
        options.onExchange?.(exchange);
      },
    });
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      // It hears of every stream that was broken off on purpose.
      onError: () => new Response(null, { status: 500 }),
    }, fetch);
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** The end with this number, from 0 on; waits until it is there. */
  async end(number = 0): Promise<ExchangeEnd> {
    if (this.ends.length <= number) {
      await new Promise<void>((resolve) => this.#waiting.push({ count: number + 1, resolve }));
    }
    return this.ends[number];
  }

  /** A connection of HTTP/1.1 to it. */
  connect(): Promise<RawConnection> {
    return rawClient(this.port);
  }

  /**
   * Sends one request on a connection of its own, and gives all that comes until the server ends it: the
   * request says `Connection: close`, or is refused.
   */
  async raw(request: string): Promise<string> {
    using client = await this.connect();
    await client.send(request);
    return await client.readToEnd();
  }

  /** Stops it; every exchange has to have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    assertEquals(this.ends.length, this.exchanges.length, "exchanges that have not ended");
  }

  #onEnd(end: ExchangeEnd): void {
    this.ends.push(end);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.ends.length < count) return true;
      resolve();
      return false;
    });
  }
}
