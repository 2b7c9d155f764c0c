import { ProxyError } from "../../errors/mod.ts";
import { type RequestHead, StringRequestHead } from "./head.ts";
import { HeaderList } from "./header_list.ts";

/** RFC 9110 §7.2 with RFC 3986 §3.2.2: a name, an IPv4 address or a bracketed IPv6 one, then a port. */
const AUTHORITY = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::\d{0,5})?$/;

/**
 * Whether a text is a host with an optional port, without user information: what `Host` may hold
 * (RFC 9110 §7.2).
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isAuthority } from "@pingo/pingo/core";
 *
 * assert(isAuthority("example.com:8080"));
 * assert(isAuthority("[2001:db8::1]"));
 * assertFalse(isAuthority("user@example.com"));
 * assertFalse(isAuthority("a b"));
 * ```
 */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

/**
 * The head of a web request. `Deno.serve` keeps the raw target in `request.url` and checks neither
 * Host nor some ways of framing that servers read differently; here it is refused, not repaired.
 *
 * @throws {ProxyError} `bad_request` or `not_implemented`
 */
export function requestFromWeb(request: Request): RequestHead {
  const headers = HeaderList.fromTrusted(request.headers);
  const url = request.url;
  const scheme = url.startsWith("https:") ? "https" : "http";
  const from = scheme.length + 3;
  const host = headers.get("host");
  let targetAt: number;
  let authority: string;
  if (
    host !== null && url.startsWith(host, from) &&
    isTargetStart(url.charCodeAt(from + host.length))
  ) {
    targetAt = from + host.length;
    authority = host;
  } else {
    // An absolute-form target: its authority replaces Host (RFC 9112 §3.2.2). Without a Host field
    // it is HTTP/2, whose :authority Deno puts into the URL.
    targetAt = url.slice(from).search(/[/?#]/) + from;
    if (targetAt < from) targetAt = url.length;
    authority = url.slice(from, targetAt);
  }
  if (host !== null && !isAuthority(host)) {
    throw new ProxyError(
      "bad_request",
      "Cannot take the request: Host is malformed (RFC 9112 §3.2)",
    );
  }
  if (!isAuthority(authority)) {
    throw new ProxyError(
      "bad_request",
      "Cannot take the request: its authority is malformed",
    );
  }
  if (host !== authority) headers.set("host", authority);
  checkFraming(headers);
  let target = url.slice(targetAt);
  if (target.includes("#")) {
    throw new ProxyError(
      "bad_request",
      "Cannot take the request: its target has a fragment (RFC 9112 §3.2)",
    );
  }
  if (target.charCodeAt(0) !== 47) target = `/${target}`;
  return new StringRequestHead(request.method, target, scheme, "1.1", headers);
}

function isTargetStart(c: number): boolean {
  // "/", "?", "#" or the end of the text.
  return c === 47 || c === 63 || c === 35 || Number.isNaN(c);
}

function checkFraming(headers: HeaderList): void {
  const length = headers.get("content-length");
  if (length !== null && !/^\d{1,15}$/.test(length)) {
    // A list of equal lengths may be accepted or refused (RFC 9110 §8.6): refused.
    throw new ProxyError(
      "bad_request",
      "Cannot take the request: Content-Length is repeated or malformed (RFC 9110 §8.6)",
    );
  }
  const coding = headers.get("transfer-encoding");
  if (coding === null) return;
  if (length !== null) {
    throw new ProxyError(
      "bad_request",
      "Cannot take the request: it has Content-Length and Transfer-Encoding (RFC 9112 §6.1)",
    );
  }
  if (coding.toLowerCase() !== "chunked") {
    throw new ProxyError(
      "not_implemented",
      "Cannot take the request: its transfer coding is not chunked alone (RFC 9112 §6.1)",
    );
  }
}
