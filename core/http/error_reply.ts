import { errorPage, type ProxyError } from "../../errors/mod.ts";
import { bodyFrom } from "./body_sources.ts";
import type { Exchange } from "./exchange.ts";
import { HeaderList } from "./header_list.ts";
import type { Reply } from "./reply.ts";

/** Options of {@linkcode errorReply}. */
export interface ErrorReplyOptions {
  /**
   * The name in `Proxy-Status`.
   *
   * @default {"pinGo"}
   */
  proxyName?: string;
  /**
   * Shows the error's message and causes to the client. For development only.
   *
   * @default {false}
   */
  showDetail?: boolean;
}

/**
 * The response for an error, in the form that the client asks for: problem+json, HTML or text.
 * Nothing internal is in it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { errorReply, requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead(), { client, clock: systemClock });
 * const reply = errorReply(new ProxyError("no_upstream", "all of 10.0.0.0/24 is down"), exchange);
 * assertEquals(reply.status, 503);
 * ```
 */
export function errorReply(
  error: ProxyError,
  exchange: Exchange,
  options: ErrorReplyOptions = {},
): Reply {
  const page = errorPage(error, {
    accept: exchange.request.headers.get("accept"),
    requestId: exchange.id === "" ? undefined : exchange.id,
    ...options,
  });
  // 499 stands in logs only: a client that has gone reads nothing, and nobody else may see it.
  const status = page.status === 499 ? 400 : page.status;
  return {
    status,
    reason: "",
    headers: new HeaderList(page.headers),
    body: bodyFrom(page.body),
  };
}
