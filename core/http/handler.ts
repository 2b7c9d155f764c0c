import type { Exchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/** Answers an exchange. What it returns may be the web's `Response`. */
export type Handler<State = unknown> = (
  exchange: Exchange<State>,
) => Reply | Response | Promise<Reply | Response>;

/** Wraps a handler in another one: it may answer itself, change what passes, or only look. */
export type Middleware<State = unknown> = (
  next: Handler<State>,
) => Handler<State>;

/**
 * Wraps a handler in middlewares; the first one is outermost.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, type Middleware, reply, toFetch } from "@pingo/pingo/core";
 *
 * const tag = (text: string): Middleware => (next) => async (exchange) => {
 *   const response = await next(exchange);
 *   response.headers.append("x-tag", text);
 *   return response;
 * };
 * const fetch = toFetch(compose([tag("outer"), tag("inner")], () => reply(200)));
 * const response = await fetch(new Request("http://localhost/"));
 * assertEquals(response.headers.get("x-tag"), "inner, outer");
 * ```
 */
export function compose<State>(
  middlewares: readonly Middleware<State>[],
  handler: Handler<State>,
): Handler<State> {
  return middlewares.reduceRight(
    (next, middleware) => middleware(next),
    handler,
  );
}
