import { ProxyError } from "../../errors/mod.ts";
import { type RequestHead, type Scheme, StringRequestHead } from "./head.ts";
import { HeaderList } from "./header_list.ts";

/** RFC 9110 §7.2 with RFC 3986 §3.2.2: a name, an IPv4 address or a bracketed IPv6 one, then a port. */
const AUTHORITY =
  /^(?:\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::\d{0,5})?$/;

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

/** The scheme that a URL begins with, in whatever case a client wrote it. */
const HTTP_SCHEME = /^(https?):\/\//i;

/**
 * The head of a web request. `Deno.serve` keeps the raw target in `request.url` and checks neither
 * Host nor some ways of framing that servers read differently; here it is refused, not repaired.
 *
 * What it hides from this function: a missing Host (it makes up `localhost`), the version (HTTP/2 is told
 * by the missing Host, over TLS only), `OPTIONS *` (it comes as `/*`), bare LF as the end of a line, the
 * order and case of fields, and the content of a GET, which is therefore refused.
 *
 * @param scheme how the connection is protected; without it the URL is believed, in which a client can
 * write what it likes (`GET https://example.com/` over plain TCP)
 * @throws {ProxyError} `bad_request` or `not_implemented`
 */
export function requestFromWeb(request: Request, scheme?: Scheme): RequestHead {
  const headers = HeaderList.fromTrusted(request.headers);
  const { method, url } = request;
  const prefix = HTTP_SCHEME.exec(url);
  if (prefix === null) throw malformed("its scheme is not http or https (RFC 9110 §4.2)");
  const urlScheme = prefix[1].length === 5 ? "https" : "http";
  const from = prefix[0].length;
  const host = headers.get("host");
  let targetAt: number;
  if (
    host !== null && url.startsWith(host, from) &&
    isTargetStart(url.charCodeAt(from + host.length))
  ) {
    targetAt = from + host.length;
  } else {
    // An absolute-form target: its authority replaces Host (RFC 9112 §3.2.2). Without a Host field
    // it is HTTP/2, whose :authority Deno puts into the URL.
    targetAt = url.slice(from).search(/[/?#]/) + from;
    if (targetAt < from) targetAt = url.length;
  }
  const authority = url.slice(from, targetAt);
  if (host !== null && !isAuthority(host)) throw malformed("Host is malformed (RFC 9112 §3.2)");
  if (!isAuthority(authority)) throw malformed("its authority is malformed");
  if (host !== authority) headers.set("host", authority);
  checkFraming(request, headers);
  const target = method === "CONNECT" ? authority : targetOf(url.slice(targetAt));
  const version = host === null && (scheme ?? urlScheme) === "https" ? "2" : "1.1";
  return new StringRequestHead(method, target, scheme ?? urlScheme, version, headers);
}

function targetOf(text: string): string {
  if (text.includes("#")) throw malformed("its target has a fragment (RFC 9112 §3.2)");
  const target = text.charCodeAt(0) === 47 ? text : `/${text}`;
  // Deno decodes the raw bytes as UTF-8; here they are bytes again, a character each.
  if (isAscii(target)) return target;
  return Array.from(new TextEncoder().encode(target), (byte) => String.fromCharCode(byte)).join("");
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function isTargetStart(c: number): boolean {
  // "/", "?", "#" or the end of the text.
  return c === 47 || c === 63 || c === 35 || Number.isNaN(c);
}

function checkFraming(request: Request, headers: HeaderList): void {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (length !== null && !/^\d{1,15}$/.test(length)) {
    // A list of equal lengths may be accepted or refused (RFC 9110 §8.6): refused.
    throw malformed("Content-Length is repeated or malformed (RFC 9110 §8.6)");
  }
  if (length !== null && coding !== null) {
    throw malformed("it has Content-Length and Transfer-Encoding (RFC 9112 §6.1)");
  }
  if (coding !== null && coding.toLowerCase() !== "chunked") {
    throw unsupported("its transfer coding is not chunked alone (RFC 9112 §6.1)");
  }
  const hasContent = coding !== null || (length !== null && Number(length) > 0);
  if (hasContent && (request.method === "GET" || request.method === "HEAD")) {
    throw unsupported(`the content of a ${request.method} cannot be read here (RFC 9110 §9.3.1)`);
  }
}

function malformed(state: string): ProxyError {
  return new ProxyError("bad_request", `Cannot take the request: ${state}`);
}

function unsupported(state: string): ProxyError {
  return new ProxyError("not_implemented", `Cannot take the request: ${state}`);
}
