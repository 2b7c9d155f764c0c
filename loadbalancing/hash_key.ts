import {
  clientAddress,
  type ClientAddressOptions,
  type Exchange,
  isToken,
  unmapAddress,
} from "../core/mod.ts";
import { cookieValue } from "./_cookie_value.ts";

/**
 * What a request is hashed by; null when it has none of it, and then chance decides where it goes.
 */
export type HashKey = (exchange: Exchange) => string | null;

/**
 * Hashes by the value of a header field; of several lines, by all of them.
 *
 * @throws {TypeError} when the name is not a token
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { systemClock } from "@pingo/pingo/timeout";
 * import { byHeader } from "@pingo/pingo/loadbalancing";
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const head = requestHead({ headers: { "x-tenant": "acme" } });
 * const exchange = new ServerExchange(head, { client, clock: systemClock });
 * assertEquals([byHeader("X-Tenant")(exchange), byHeader("x-user")(exchange)], ["acme", null]);
 * ```
 */
export function byHeader(name: string): HashKey {
  if (!isToken(name)) {
    throw new TypeError(`Cannot hash by the field ${JSON.stringify(name)}: it is not a token`);
  }
  return ({ request }) => request.headers.get(name);
}

/**
 * Hashes by the value of a cookie (RFC 6265 §4.2); of several with one name, by the first.
 *
 * @throws {TypeError} when the name is not a token
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { systemClock } from "@pingo/pingo/timeout";
 * import { byCookie } from "@pingo/pingo/loadbalancing";
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const head = requestHead({ headers: { cookie: "lang=en; session=a1" } });
 * const exchange = new ServerExchange(head, { client, clock: systemClock });
 * assertEquals([byCookie("session")(exchange), byCookie("ses")(exchange)], ["a1", null]);
 * ```
 */
export function byCookie(name: string): HashKey {
  if (!isToken(name)) {
    throw new TypeError(`Cannot hash by the cookie ${JSON.stringify(name)}: it is not a token`);
  }
  return ({ request }) => cookieValue(request.headers.getAll("cookie"), name);
}

/** Options of {@linkcode byPath}. */
export interface ByPathOptions {
  /**
   * Whether the query belongs to it.
   *
   * @default {false}
   */
  withQuery?: boolean;
}

/**
 * Hashes by the path in its normal form, so that each object lives on one server's cache; without the query
 * unless it is asked for. A target that has no normal form is taken as it stands.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { systemClock } from "@pingo/pingo/timeout";
 * import { byPath } from "@pingo/pingo/loadbalancing";
 *
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const head = requestHead({ target: "/a/./b?v=2" });
 * const exchange = new ServerExchange(head, { client, clock: systemClock });
 * assertEquals(byPath()(exchange), "/a/b");
 * assertEquals(byPath({ withQuery: true })(exchange), "/a/b?v=2");
 * ```
 */
export function byPath(options: ByPathOptions = {}): HashKey {
  const { withQuery = false } = options;
  return ({ path, request: { target } }) => {
    if (path === null || !withQuery) return path ?? target;
    const query = target.indexOf("?");
    return query === -1 ? path : path + target.slice(query);
  };
}

/**
 * Hashes by the client's address, so that a client stays with its server. Behind other proxies the
 * connection's address is theirs: name them, and the client is found as `clientAddress` of core does.
 *
 * @param behind whose word about the client is believed; nobody's when left out
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange, TrustedProxies } from "@pingo/pingo/core";
 * import { systemClock } from "@pingo/pingo/timeout";
 * import { byClientAddress } from "@pingo/pingo/loadbalancing";
 *
 * const client = { address: "10.0.0.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const head = requestHead({ headers: { "x-forwarded-for": "192.0.2.7" } });
 * const exchange = new ServerExchange(head, { client, clock: systemClock });
 * assertEquals(byClientAddress()(exchange), "10.0.0.1");
 * const trusted = new TrustedProxies(["10.0.0.0/8"]);
 * assertEquals(byClientAddress({ trusted })(exchange), "192.0.2.7");
 * ```
 */
export function byClientAddress(behind?: ClientAddressOptions): HashKey {
  return ({ client, request }) => {
    const address = behind === undefined
      ? unmapAddress(client.address)
      : clientAddress(request.headers, client.address, behind).address;
    return address === "" ? null : address;
  };
}
