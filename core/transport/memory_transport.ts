import { ProxyError } from "../../errors/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import {
  type Body,
  type Handler,
  hasNoContent,
  type Peer,
  peerAddress,
  type Reply,
  type RequestHead,
  ServerExchange,
  toReply,
  untilCancelled,
} from "../http/mod.ts";
import type { Transport, TransportOptions } from "./transport.ts";

/** Options of {@linkcode memoryTransport}. */
export interface MemoryTransportOptions {
  /** The clock of the exchanges on the far side. */
  clock?: Clock;
}

/**
 * A transport whose upstreams are handlers in the same process: for tests of proxies and filters
 * without a socket, and for routing to a part of the own program.
 *
 * @param upstreams one handler for every peer, or one for each address as `peerAddress` writes it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memoryTransport, reply } from "@pingo/pingo/core";
 * import { HttpProxy } from "@pingo/pingo/proxy";
 *
 * const transport = memoryTransport({ "app:80": () => reply(200, "from memory") });
 * const proxy = new HttpProxy({ upstream: "app:80", transport });
 * const response = await proxy.fetch(new Request("http://localhost/"));
 * assertEquals(await response.text(), "from memory");
 * ```
 */
export function memoryTransport(
  upstreams: Handler | Readonly<Record<string, Handler>>,
  options: MemoryTransportOptions = {},
): Transport {
  const { clock = systemClock } = options;
  const handlerOf = (peer: Peer): Handler => {
    const address = peerAddress(peer);
    const handler = typeof upstreams === "function" ? upstreams : upstreams[address];
    if (handler !== undefined) return handler;
    throw new ProxyError("connect_refused", `Cannot connect to ${address}: no such handler`);
  };
  return {
    async exchange(head, body, transportOptions): Promise<Reply> {
      const far = new FarSide(head, body, transportOptions, clock);
      return await far.answer(handlerOf(transportOptions.peer));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The upstream's view of one exchange. */
class FarSide {
  readonly #exchange: ServerExchange;
  readonly #options: TransportOptions;
  readonly #forget: () => void;

  constructor(head: RequestHead, body: Body | null, options: TransportOptions, clock: Clock) {
    this.#options = options;
    this.#exchange = new ServerExchange(head, {
      client: { address: "", port: 0, transport: "memory", scheme: head.scheme },
      body,
      clock,
      inform: (head) => options.observer?.informed?.(head),
      canTunnel: true,
    });
    this.#forget = options.cancel.onCancel((reason) => {
      this.#exchange.abort(ProxyError.from(reason));
    });
  }

  async answer(handler: Handler): Promise<Reply> {
    const { cancel, observer } = this.#options;
    const exchange = this.#exchange;
    observer?.connected?.({ isReused: false });
    let reply: Reply;
    try {
      if (cancel.cancelled) throw cancel.reason;
      reply = toReply(await untilCancelled(Promise.resolve(handler(exchange)), exchange.cancel));
    } catch (error) {
      const failure = exchange.cancel.cancelled
        ? ProxyError.from(cancel.reason)
        : new ProxyError("connection_reset", "Cannot get an answer: the handler threw", {
          cause: error,
        });
      this.#end(failure);
      throw failure;
    }
    exchange.begin(reply);
    if (reply.body !== null && !hasNoContent(exchange.request.method, reply.status)) {
      return { ...reply, body: new FarBody(reply.body, (error) => this.#end(error)) };
    }
    reply.body?.cancel();
    this.#end(null);
    return { ...reply, body: null };
  }

  #end(error: ProxyError | null): void {
    this.#forget();
    this.#exchange.body?.cancel(error);
    this.#exchange.end(error, 0);
  }
}

class FarBody implements Body {
  readonly length?: number;
  readonly #body: Body;
  readonly #end: (error: ProxyError | null) => void;

  constructor(body: Body, end: (error: ProxyError | null) => void) {
    this.#body = body;
    this.#end = end;
    this.length = body.length;
  }

  get trailers(): Body["trailers"] {
    return this.#body.trailers;
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#body.read();
      if (chunk === null) this.#end(null);
      return chunk;
    } catch (cause) {
      const error = new ProxyError("upstream_body_broken", "Cannot read the response body", {
        cause,
      });
      this.#end(error);
      throw error;
    }
  }

  cancel(reason?: unknown): void {
    this.#body.cancel(reason);
    this.#end(ProxyError.from(reason, "client_gone"));
  }
}
