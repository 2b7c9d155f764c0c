import { ProxyError } from "../../errors/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import { type Client, unmapAddress } from "./client.ts";
import { errorReply } from "./error_reply.ts";
import { ServerExchange } from "./exchange.ts";
import type { Handler } from "./handler.ts";
import { type RequestHead, requestHead, type Scheme } from "./head.ts";
import { IncomingBody } from "./incoming_body.ts";
import { giveUpReply, type Reply, toReply } from "./reply.ts";
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
  /**
   * Whether the connections are protected by TLS, which who listens knows. A URL proves nothing: a client
   * may ask for `https://…` over plain TCP (absolute-form, RFC 9112 §3.2.2).
   *
   * @default what the URL says
   */
  scheme?: Scheme;
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
 * The exchange ends exactly once: when the server has taken the last of the response, when the client
 * has left, or when the content broke off, which cuts the connection so that nobody takes a part for
 * the whole.
 *
 * With Deno's flag `no-legacy-abort` a body that is an untouched stream, as one from `fetch`, goes out
 * natively, at half the CPU. Then nobody sees how it ended (measured: a client that left and an upstream
 * that broke off look like success); `sentBytes` is -1. Without the flag, or when the body has no
 * `takeStream`, it passes through JavaScript and its end is known.
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
    scheme,
    onError = errorReply,
    onExchange,
    onReply,
    onListenerError,
  } = options;
  const platform: Platform = { isAbortGenuine: false };

  return async (request, info) => {
    let refused: ProxyError | null = null;
    let head: RequestHead;
    try {
      head = requestFromWeb(request, scheme);
    } catch (error) {
      refused = ProxyError.from(error);
      head = requestHead({ method: request.method, scheme });
    }
    const exchange = new ServerExchange(head, {
      client: clientOf(head, info),
      clock,
      onListenerError,
    });
    const incoming = refused === null ? incomingBody(request, exchange) : null;
    exchange.body = incoming;
    const writer = new ResponseWriter({
      exchange,
      platform,
      signal: request.signal,
      completed: info?.completed,
    });
    const failed = (error: unknown): Reply => {
      const failure = ProxyError.from(error);
      exchange.error ??= failure;
      return errorReply(failure, exchange);
    };
    let reply: Reply;
    try {
      // A listener counts on this: the exchange is shown before anything is waited for.
      onExchange?.(exchange);
      if (incoming !== null && isPerhapsEmpty(request) && await incoming.isEmpty()) {
        exchange.body = null;
      }
      try {
        if (refused !== null) throw refused;
        reply = toReply(await handler(exchange));
        if (reply.release !== undefined) exchange.onEnd(reply.release);
      } catch (error) {
        const failure = ProxyError.from(error);
        exchange.error ??= failure;
        reply = onError(failure, exchange);
        if (refused !== null) reply.headers.set("connection", "close");
      }
    } catch (error) {
      return writer.write(failed(error));
    }
    try {
      onReply?.(reply, exchange);
      return writer.write(reply);
    } catch (error) {
      // A hook threw, or the web cannot express the reply: no status 101, no line break in a reason.
      giveUpReply(reply, error);
      return writer.write(failed(error));
    }
  };
}

function incomingBody(request: Request, exchange: ServerExchange): IncomingBody | null {
  if (request.body === null) return null;
  const length = exchange.request.headers.get("content-length");
  if (length === null) return new IncomingBody(request.body, undefined, exchange);
  return Number(length) === 0 ? null : new IncomingBody(request.body, Number(length), exchange);
}

/**
 * Whether a request for which `Deno.serve` made a body may be one without: in HTTP/1.1 it has content
 * only when Content-Length or Transfer-Encoding says so (RFC 9112 §6.3), in HTTP/2 it need not say. Host
 * tells the two apart but for an HTTP/2 client that sends it too; to look is then only a wait. A POST,
 * PUT or PATCH over HTTP/2 is not looked into: it may be a stream that waits for the answer.
 */
function isPerhapsEmpty(request: Request): boolean {
  const { headers, method } = request;
  if (headers.has("content-length") || headers.has("transfer-encoding")) return false;
  return headers.has("host") || (method !== "POST" && method !== "PUT" && method !== "PATCH");
}

function clientOf(head: RequestHead, info: FetchInfo | undefined): Client {
  const address = info?.remoteAddr;
  const transport = address === undefined ? "memory" : address.transport === "tcp" ? "tcp" : "unix";
  return {
    address: unmapAddress(address?.hostname ?? ""),
    port: address?.port ?? 0,
    transport,
    scheme: head.scheme,
  };
}
