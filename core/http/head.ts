import type { HeaderMap, HeaderMapInit } from "./header_map.ts";
import { HeaderList } from "./header_list.ts";
import { isToken } from "./field_syntax.ts";

/** The protocol version of a message. */
export type HttpVersion = "1.0" | "1.1" | "2";

/** Whether the connection that a request came over, or goes over, is protected by TLS. */
export type Scheme = "http" | "https";

/**
 * The head of a request. `target` is the raw request target (RFC 9112 §3.2) byte for byte, never a
 * parsed and rewritten URL: decide by {@linkcode Exchange.path}, forward `target`.
 */
export interface RequestHead {
  /** The method, case-sensitive (RFC 9110 §9.1). */
  method: string;
  /** The raw request target: `/path?query`, or `*`. */
  target: string;
  /** The scheme that the client used. */
  scheme: Scheme;
  /** The host and port asked for. Reads and writes the `Host` field, so that the two cannot differ. */
  authority: string;
  /** The version that the message arrived with. */
  version: HttpVersion;
  /** The header fields. */
  readonly headers: HeaderMap;
  /**
   * A copy that changes apart from this head and is valid no longer than it: cheaper than a full copy
   * where the head lies over the bytes that were received.
   */
  fork?(): RequestHead;
}

/** The head of a response. */
export interface ResponseHead {
  /** The status code, 100 to 599. */
  status: number;
  /** The reason phrase; empty when there is none, as in HTTP/2. */
  reason: string;
  /** The header fields. */
  readonly headers: HeaderMap;
}

/** What {@linkcode requestHead} takes. */
export interface RequestHeadInit {
  /**
   * The method.
   *
   * @default {"GET"}
   */
  method?: string;
  /**
   * The raw request target.
   *
   * @default {"/"}
   */
  target?: string;
  /**
   * The scheme that the client used.
   *
   * @default {"http"}
   */
  scheme?: Scheme;
  /** The value for `Host`; without it the one in `headers` stands. */
  authority?: string;
  /**
   * The version that the message arrives with.
   *
   * @default {"1.1"}
   */
  version?: HttpVersion;
  /**
   * The header fields.
   *
   * @default {[]}
   */
  headers?: HeaderMapInit;
}

/**
 * Makes a request head out of strings.
 *
 * @throws {TypeError} when the method is not a token or the target holds a blank or control character
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead } from "@pingo/pingo/core";
 *
 * const head = requestHead({ target: "/a/../b", authority: "example.com" });
 * assertEquals(head.headers.get("host"), "example.com");
 * head.authority = "example.org";
 * assertEquals(head.headers.get("host"), "example.org");
 * ```
 */
export function requestHead(init: RequestHeadInit = {}): RequestHead {
  const {
    method = "GET",
    target = "/",
    scheme = "http",
    version = "1.1",
    headers = [],
  } = init;
  if (!isToken(method)) {
    throw new TypeError(
      `Cannot make a request: the method ${JSON.stringify(method)} is not a token`,
    );
  }
  if (!isTarget(target)) {
    throw new TypeError(
      `Cannot make a request: the target ${JSON.stringify(target)} is empty or holds a blank`,
    );
  }
  const head = new StringRequestHead(
    method,
    target,
    scheme,
    version,
    new HeaderList(headers),
  );
  if (init.authority !== undefined) head.authority = init.authority;
  return head;
}

/**
 * A copy of a request head that changes apart from it: each attempt at an upstream gets one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cloneRequestHead, requestHead } from "@pingo/pingo/core";
 *
 * const original = requestHead({ target: "/" });
 * const copy = cloneRequestHead(original);
 * copy.headers.set("x-attempt", "1");
 * assertEquals(original.headers.has("x-attempt"), false);
 * ```
 */
export function cloneRequestHead(head: RequestHead): RequestHead {
  return new StringRequestHead(
    head.method,
    head.target,
    head.scheme,
    head.version,
    head.headers.clone(),
  );
}

/**
 * The cheapest copy of a request head that changes apart from it: valid no longer than the original.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { forkRequestHead, requestHead } from "@pingo/pingo/core";
 *
 * const original = requestHead({ target: "/" });
 * const attempt = forkRequestHead(original);
 * attempt.target = "/other";
 * assertEquals(original.target, "/");
 * ```
 */
export function forkRequestHead(head: RequestHead): RequestHead {
  return head.fork === undefined ? cloneRequestHead(head) : head.fork();
}

/** Request targets are visible ASCII (RFC 3986) or raw bytes above it: no blank, no control. */
function isTarget(target: string): boolean {
  for (let i = 0; i < target.length; i++) {
    const c = target.charCodeAt(i);
    if (c <= 32 || c === 127 || c > 255) return false;
  }
  return target.length > 0;
}

/** A request head whose parts are strings already; made by engines that hand over strings. */
export class StringRequestHead implements RequestHead {
  method: string;
  target: string;
  scheme: Scheme;
  version: HttpVersion;
  readonly headers: HeaderMap;

  constructor(
    method: string,
    target: string,
    scheme: Scheme,
    version: HttpVersion,
    headers: HeaderMap,
  ) {
    this.method = method;
    this.target = target;
    this.scheme = scheme;
    this.version = version;
    this.headers = headers;
  }

  get authority(): string {
    return this.headers.get("host") ?? "";
  }

  set authority(authority: string) {
    this.headers.set("host", authority);
  }
}

/**
 * Makes a response head.
 *
 * @throws {RangeError} when the status is not a whole number from 100 to 599
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { responseHead } from "@pingo/pingo/core";
 *
 * assertEquals(responseHead(204).headers.size, 0);
 * ```
 */
export function responseHead(
  status: number,
  headers: HeaderMapInit = [],
  options: { reason?: string } = {},
): ResponseHead {
  if (!Number.isInteger(status) || status < 100 || status > 599) {
    throw new RangeError(
      `Cannot make a response: the status ${status} is not from 100 to 599`,
    );
  }
  return {
    status,
    reason: options.reason ?? "",
    headers: new HeaderList(headers),
  };
}
