import {
  clientAddress,
  type Exchange,
  isToken,
  type TrustedProxies,
  unmapAddress,
} from "../../core/mod.ts";
import { ipv6Network } from "./_ipv6_network.ts";

/** Tells whom a request is counted for; null for nobody: it is not limited. */
export type KeyOf = (exchange: Exchange) => string | null;

/** Options of {@linkcode clientKey}. */
export interface ClientKeyOptions {
  /**
   * The proxies in front whose `X-Forwarded-For` or `Forwarded` is believed.
   *
   * @default nobody: the address of the connection counts
   */
  trusted?: TrustedProxies;
  /**
   * Which fields the proxies in front write.
   *
   * @default {"x-forwarded"}
   */
  believe?: "x-forwarded" | "forwarded";
  /**
   * How many bits of an IPv6 address count, 1 to 128. A client has a whole /64 to itself (RFC 6177), often
   * more, and may come from another address of it with each request.
   *
   * @default {64}
   */
  ipv6Bits?: number;
}

/**
 * Counts for the address of the client: IPv4 as it is, IPv6 by its network. Clients on a unix socket, and
 * those whose address a trusted proxy does not tell, are counted together.
 *
 * @throws {RangeError} when `ipv6Bits` is not a whole number from 1 to 128
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { clientKey } from "@pingo/pingo/limits/http";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "2001:db8:0:7::1", port: 1, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead(), { client, clock: systemClock });
 * assertEquals(clientKey()(exchange), "2001:db8:0:7::/64");
 * ```
 */
export function clientKey(options: ClientKeyOptions = {}): KeyOf {
  const { trusted, believe = "x-forwarded", ipv6Bits = 64 } = options;
  if (!Number.isInteger(ipv6Bits) || ipv6Bits < 1 || ipv6Bits > 128) {
    throw new RangeError(
      `Cannot make a key: ipv6Bits ${ipv6Bits} is not a whole number from 1 to 128`,
    );
  }
  const networkOf = (address: string): string =>
    address.includes(":") ? ipv6Network(address, ipv6Bits) : address;
  if (trusted === undefined) return ({ client }) => networkOf(unmapAddress(client.address));
  const settings = { trusted, believe };
  return ({ request, client }) =>
    networkOf(clientAddress(request.headers, client.address, settings).address);
}

/**
 * Counts for the value of a header field, such as an API key. Take it only behind something that has
 * checked the value: else each request can have a key of its own.
 *
 * @param fallback whom a request without the field is counted for; the client's address when left out
 * @throws {TypeError} when the name is not a token
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { headerKey } from "@pingo/pingo/limits/http";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "192.0.2.1", port: 1, transport: "tcp", scheme: "http" } as const;
 * const head = requestHead({ headers: { "x-api-key": "k1" } });
 * const exchange = new ServerExchange(head, { client, clock: systemClock });
 * assertEquals(headerKey("x-api-key")(exchange), "header k1");
 * assertEquals(headerKey("x-tenant")(exchange), "192.0.2.1");
 * ```
 */
export function headerKey(name: string, fallback: KeyOf = clientKey()): KeyOf {
  if (!isToken(name)) {
    throw new TypeError(`Cannot make a key: the field ${JSON.stringify(name)} is not a token`);
  }
  return (exchange) => {
    const value = exchange.request.headers.get(name);
    // With a word before it: nobody can send the address of another one.
    return value === null || value === "" ? fallback(exchange) : `header ${value}`;
  };
}

/**
 * Counts for the value of a cookie, such as a session's id. As with {@linkcode headerKey}, the value must
 * have been checked.
 *
 * @param fallback whom a request without the cookie is counted for; the client's address when left out
 * @throws {TypeError} when the name is not a token
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { cookieKey } from "@pingo/pingo/limits/http";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "192.0.2.1", port: 1, transport: "tcp", scheme: "http" } as const;
 * const head = requestHead({ headers: { cookie: "a=1; session=s7" } });
 * const exchange = new ServerExchange(head, { client, clock: systemClock });
 * assertEquals(cookieKey("session")(exchange), "cookie s7");
 * ```
 */
export function cookieKey(name: string, fallback: KeyOf = clientKey()): KeyOf {
  if (!isToken(name)) {
    throw new TypeError(`Cannot make a key: the cookie ${JSON.stringify(name)} is not a token`);
  }
  return (exchange) => {
    const value = cookieValue(exchange.request.headers.get("cookie"), name);
    return value === null || value === "" ? fallback(exchange) : `cookie ${value}`;
  };
}

/** The first cookie of a name (RFC 6265 §5.4: the one with the longest path comes first). */
function cookieValue(header: string | null, name: string): string | null {
  if (header === null) return null;
  let start = 0;
  while (start < header.length) {
    let end = header.indexOf(";", start);
    if (end === -1) end = header.length;
    while (start < end && header.charCodeAt(start) === 32) start++;
    if (header.startsWith(name, start) && header[start + name.length] === "=") {
      return header.slice(start + name.length + 1, end).trimEnd();
    }
    start = end + 1;
  }
  return null;
}

/** Options of {@linkcode pathKey}. */
export interface PathKeyOptions {
  /**
   * How many segments of the path count, from 1 on: 1 makes `/api/a` and `/api/b` one.
   *
   * @default {Infinity}
   */
  depth?: number;
}

/**
 * Counts for the path in its normal form, for all clients together. Paths that servers read in different
 * ways are counted together.
 *
 * @throws {RangeError} when `depth` is below 1 or broken
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { pathKey } from "@pingo/pingo/limits/http";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "192.0.2.1", port: 1, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead({ target: "/api/./a?b" }), {
 *   client,
 *   clock: systemClock,
 * });
 * assertEquals(pathKey()(exchange), "/api/a");
 * assertEquals(pathKey({ depth: 1 })(exchange), "/api");
 * ```
 */
export function pathKey(options: PathKeyOptions = {}): KeyOf {
  const { depth = Infinity } = options;
  if (!(depth >= 1 && (depth === Infinity || Number.isInteger(depth)))) {
    throw new RangeError(`Cannot make a key: depth ${depth} is not a whole number from 1 on`);
  }
  return ({ path }) => {
    if (path === null) return "";
    let end = 0;
    for (let segment = 0; segment < depth && end !== -1; segment++) {
      end = path.indexOf("/", end + 1);
    }
    return end === -1 ? path : path.slice(0, end);
  };
}

/**
 * Counts for each combination of several keys: a client on a path. When one of them is for nobody, so is
 * the whole.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, ServerExchange } from "@pingo/pingo/core";
 * import { clientKey, joinedKey, pathKey } from "@pingo/pingo/limits/http";
 * import { systemClock } from "@pingo/pingo/timeout";
 *
 * const client = { address: "192.0.2.1", port: 1, transport: "tcp", scheme: "http" } as const;
 * const exchange = new ServerExchange(requestHead({ target: "/a" }), { client, clock: systemClock });
 * assertEquals(joinedKey(clientKey(), pathKey())(exchange), "9 192.0.2.1 2 /a ");
 * ```
 */
export function joinedKey(...keys: readonly KeyOf[]): KeyOf {
  return (exchange) => {
    let joined = "";
    for (const keyOf of keys) {
      const key = keyOf(exchange);
      if (key === null) return null;
      // With its length before it, no value can be read as two.
      joined += `${key.length} ${key} `;
    }
    return joined;
  };
}
