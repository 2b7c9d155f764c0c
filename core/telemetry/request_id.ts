import { ProxyError } from "../../errors/mod.ts";
import { type Exchange, isToken, toReply } from "../http/mod.ts";
import type { AnyMiddleware } from "./exchange_observer.ts";

/** Options of {@linkcode requestId}. */
export interface RequestIdOptions {
  /**
   * Whether the id that a request brings is taken. Take it only from an own proxy in front: else anybody
   * can make two requests look like one in the logs.
   *
   * @default {false}
   */
  trust?: boolean | ((exchange: Exchange) => boolean);
  /**
   * The field that the id comes in by, and goes on to the upstream.
   *
   * @default {"X-Request-Id"}
   */
  requestHeader?: string;
  /**
   * The field of the response that tells it to the client; null for none.
   *
   * @default {"X-Request-Id"}
   */
  responseHeader?: string | null;
  /**
   * Makes an id.
   *
   * @default {crypto.randomUUID}
   */
  makeId?: () => string;
}

/** What is taken from outside goes into logs and headers: visible ASCII, and not without end. */
const ACCEPTABLE = /^[\x21-\x7e]{1,128}$/;

/**
 * Gives each exchange an id: in `exchange.id`, in the request that goes on, and in the response,
 * whether that is an answer or an error.
 *
 * @throws {TypeError} when the name of a field is not a token
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, reply, requestId, toFetch } from "@pingo/pingo/core";
 *
 * const ids = requestId({ makeId: () => "42" });
 * const fetch = toFetch(compose([ids], (exchange) => reply(200, exchange.id)));
 * const response = await fetch(new Request("http://localhost/"));
 * assertEquals(response.headers.get("x-request-id"), "42");
 * assertEquals(await response.text(), "42");
 * ```
 */
export function requestId(options: RequestIdOptions = {}): AnyMiddleware {
  const {
    trust = false,
    requestHeader = "X-Request-Id",
    responseHeader = "X-Request-Id",
    makeId = () => crypto.randomUUID(),
  } = options;
  for (const name of [requestHeader, responseHeader]) {
    if (name !== null && !isToken(name)) {
      throw new TypeError(`Cannot use the field ${JSON.stringify(name)}: it is not a token`);
    }
  }
  const isTrusted = typeof trust === "function" ? trust : () => trust;

  function idOf(exchange: Exchange): string {
    // An engine or an outer middleware may have given one.
    if (exchange.id !== "") return exchange.id;
    const brought = exchange.request.headers.get(requestHeader);
    return brought !== null && ACCEPTABLE.test(brought) && isTrusted(exchange) ? brought : makeId();
  }

  return (next) => async (exchange) => {
    const id = idOf(exchange);
    exchange.id = id;
    exchange.request.headers.set(requestHeader, id);
    if (responseHeader === null) return next(exchange);
    try {
      const answer = toReply(await next(exchange));
      answer.headers.set(responseHeader, id);
      return answer;
    } catch (error) {
      throw withField(ProxyError.from(error), responseHeader, id);
    }
  };
}

/** A copy of an error whose page carries one more field. */
function withField(error: ProxyError, name: string, value: string): ProxyError {
  const { kind, message, cause, source, retry, status, context } = error;
  const headers = [...error.headers, [name, value] as const];
  const copy = new ProxyError(kind, message, { cause, source, retry, status, context, headers });
  copy.stack = error.stack;
  return copy;
}
