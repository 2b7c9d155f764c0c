import { toReadableStream } from "./body_sinks.ts";
import type { Handler } from "./handler.ts";

/**
 * Makes a {@linkcode Handler} out of a web handler, so that a Hono app, `serveDir` or any
 * `(request) => response` answers behind the middlewares of this toolkit.
 *
 * A `Request` rewrites the path and cannot carry a body with GET: what comes through here is what the
 * web knows, nothing more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fromFetch, toFetch } from "@pingo/pingo/core";
 *
 * const handler = fromFetch((request) => new Response(new URL(request.url).pathname));
 * const response = await toFetch(handler)(new Request("http://localhost/a"));
 * assertEquals(await response.text(), "/a");
 * ```
 */
export function fromFetch(
  fetchLike: (request: Request) => Response | Promise<Response>,
): Handler {
  return (exchange) => {
    const { request, body } = exchange;
    const headers = new Headers();
    for (const [name, value] of request.headers) headers.append(name, value);
    const hasBody = body !== null && request.method !== "GET" &&
      request.method !== "HEAD";
    return fetchLike(
      new Request(
        `${request.scheme}://${request.authority || "localhost"}${request.target}`,
        {
          method: request.method,
          headers,
          body: hasBody ? toReadableStream(body) : null,
          signal: exchange.signal,
        },
      ),
    );
  };
}
