import { ProxyError } from "../../errors/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import type { Client } from "./client.ts";
import { errorReply } from "./error_reply.ts";
import { ServerExchange } from "./exchange.ts";
import type { Handler } from "./handler.ts";
import { type RequestHead, requestHead } from "./head.ts";
import { IncomingBody } from "./incoming_body.ts";
import { type Reply, toReply } from "./reply.ts";
import { requestFromWeb } from "./request_from_web.ts";
import { type Platform, ResponseWriter } from "./response_writer.ts";

/** What `Deno.serve` tells beside a request; other servers may pass less or nothing. */
export interface FetchInfo {
  /** The client's address. */
  readonly remoteAddr?: {
    readonly transport?: string;
    readonly hostname?: string;
    readonly port?: number;
  };
  /** Settles when the response has been sent. */
  readonly completed?: Promise<void>;
}

/** A handler as the web knows it: what `Deno.serve`, `deno serve` and Hono's `mount` take. */
export type FetchHandler = (
  request: Request,
  info?: FetchInfo,
) => Promise<Response>;

/** Options of {@linkcode toFetch}. */
export interface ToFetchOptions {
  /** The clock of the exchanges. */
  clock?: Clock;
  /** Writes the response for what the handler threw. */
  onError?: (error: ProxyError, exchange: ServerExchange) => Reply;
  /** Sees every exchange before the handler does; its `onEnd` tells the end. */
  onExchange?: (exchange: ServerExchange) => void;
  /** Sees every reply before it is sent, and may change its head. */
  onReply?: (reply: Reply, exchange: ServerExchange) => void;
  /** Gets what a listener of an exchange's end throws. */
  onListenerError?: (error: unknown) => void;
}

/**
 * Makes a web handler out of a {@linkcode Handler}.
 *
 * The exchange ends when the response has been sent or the client has left. With Deno's flag
 * `no-legacy-abort` bodies that come from `fetch` go out natively; without it they pass through
 * JavaScript, because only then a client that left can be told from one that got everything.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reply, toFetch } from "@pingo/pingo/core";
 *
 * const fetch = toFetch((exchange) => reply(200, `you asked for ${exchange.request.target}`));
 * const response = await fetch(new Request("http://localhost/a?b"));
 * assertEquals(await response.text(), "you asked for /a?b");
 * ```
 */
export function toFetch(
  handler: Handler,
  options: ToFetchOptions = {},
): FetchHandler {
  const {
    clock = systemClock,
    onError = errorReply,
    onExchange,
    onReply,
    onListenerError,
  } = options;
  const platform: Platform = { isAbortGenuine: false };

  return async (request, info) => {
    let head: RequestHead;
    let refused: ProxyError | null = null;
    try {
      head = requestFromWeb(request);
    } catch (error) {
      refused = ProxyError.from(error);
      head = requestHead();
    }
    const client = clientOf(head, info);
    const exchange = new ServerExchange(head, {
      client,
      clock,
      onListenerError,
    });
    if (request.body !== null && refused === null) {
      const length = head.headers.get("content-length");
      exchange.body = new IncomingBody(
        request.body,
        length === null ? undefined : Number(length),
        exchange,
      );
    }
    const writer = new ResponseWriter({
      exchange,
      platform,
      signal: request.signal,
      completed: info?.completed,
    });
    onExchange?.(exchange);
    let reply: Reply;
    try {
      if (refused !== null) throw refused;
      reply = toReply(await handler(exchange));
    } catch (error) {
      const failure = ProxyError.from(error);
      exchange.error ??= failure;
      reply = onError(failure, exchange);
      if (refused !== null) reply.headers.set("connection", "close");
    }
    onReply?.(reply, exchange);
    return writer.write(reply);
  };
}

function clientOf(head: RequestHead, info: FetchInfo | undefined): Client {
  const address = info?.remoteAddr;
  const transport = address === undefined ? "memory" : address.transport === "tcp" ? "tcp" : "unix";
  return {
    address: address?.hostname ?? "",
    port: address?.port ?? 0,
    transport,
    scheme: head.scheme,
  };
}
