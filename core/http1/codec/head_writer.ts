import { isFieldValue, isToken, type RequestHead, type ResponseHead } from "../../http/mod.ts";
import { SP, TARGET_BYTES } from "./_bytes.ts";
import { copyBytes } from "../_copy.ts";
import { writeLatin1 } from "./_latin1.ts";
import { statusLine, statusReason } from "./_status_line.ts";
import { fieldsLength, writeFields } from "./_write_fields.ts";
import { WireRequestHead } from "./wire_request_head.ts";
import { WireResponseHead } from "./wire_response_head.ts";

const VERSION_END = " HTTP/1.1\r\n";
const VERSION_START = "HTTP/1.1 ";

/**
 * Writes a request head: the line, the fields, `extra`, the empty line; gives the offset behind it. What
 * arrived and was not changed is copied. The version is this program's own: 1.1 (RFC 9110 §2.5).
 *
 * Framing is the caller's: {@linkcode setFraming} makes the fields agree with it.
 *
 * @param extra more field lines, each with its CRLF
 * @throws {TypeError} when method, target or a field cannot be written: somebody has set it to what would
 * break out of its place
 * @throws {RangeError} when the bytes do not suffice; {@linkcode requestHeadLength} tells how many do
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, requestHeadLength, writeRequestHead } from "@pingo/pingo/core";
 *
 * const head = requestHead({ target: "/a", authority: "example.com" });
 * const bytes = new Uint8Array(requestHeadLength(head));
 * const end = writeRequestHead(bytes, 0, head);
 * const text = new TextDecoder().decode(bytes.subarray(0, end));
 * assertEquals(text, "GET /a HTTP/1.1\r\nhost: example.com\r\n\r\n");
 * ```
 */
export function writeRequestHead(
  to: Uint8Array,
  at: number,
  head: RequestHead,
  extra: Uint8Array | null = null,
): number {
  // What nobody touched is copied together with the fields behind it.
  if (head instanceof WireRequestHead && head.isLineReceived) {
    return writeFields(to, at, head.headers, extra, head.base);
  }
  at = writeMethod(to, at, head.method);
  to[at] = SP;
  at = writeTarget(to, at + 1, head.target);
  at = writeLatin1(to, at, VERSION_END);
  return writeFields(to, at, head.headers, extra);
}

/**
 * At most how many bytes {@linkcode writeRequestHead} writes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { requestHead, requestHeadLength } from "@pingo/pingo/core";
 *
 * assertEquals(requestHeadLength(requestHead()), "GET / HTTP/1.1\r\n\r\n".length);
 * ```
 */
export function requestHeadLength(head: RequestHead, extra: Uint8Array | null = null): number {
  const isReceived = head instanceof WireRequestHead && head.isLineReceived;
  const line = isReceived ? head.targetEnd : head.method.length + 1 + head.target.length;
  return line + VERSION_END.length + fieldsLength(head.headers, extra);
}

/**
 * Writes a response head: the status line, the fields, `extra`, the empty line; gives the offset behind
 * it. A missing reason phrase becomes the registered one.
 *
 * @param extra more field lines, each with its CRLF
 * @throws {TypeError} when the status is not from 100 to 599, or reason or a field cannot be written
 * @throws {RangeError} when the bytes do not suffice; {@linkcode responseHeadLength} tells how many do
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { responseHead, responseHeadLength, writeResponseHead } from "@pingo/pingo/core";
 *
 * const head = responseHead(404, { "content-length": "0" });
 * const bytes = new Uint8Array(responseHeadLength(head));
 * const end = writeResponseHead(bytes, 0, head);
 * const text = new TextDecoder().decode(bytes.subarray(0, end));
 * assertEquals(text, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
 * ```
 */
export function writeResponseHead(
  to: Uint8Array,
  at: number,
  head: ResponseHead,
  extra: Uint8Array | null = null,
): number {
  if (head instanceof WireResponseHead && head.isLineReceived) {
    return writeFields(to, at, head.headers, extra, head.base);
  }
  at = writeStatus(to, at, head.status, head.reason);
  return writeFields(to, at, head.headers, extra);
}

/**
 * At most how many bytes {@linkcode writeResponseHead} writes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { responseHead, responseHeadLength } from "@pingo/pingo/core";
 *
 * assertEquals(responseHeadLength(responseHead(204)), "HTTP/1.1 204 No Content\r\n\r\n".length);
 * ```
 */
export function responseHeadLength(head: ResponseHead, extra: Uint8Array | null = null): number {
  const isReceived = head instanceof WireResponseHead && head.isLineReceived;
  const reason = isReceived
    ? head.reasonEnd - head.reasonStart
    : (head.reason || statusReason(head.status)).length;
  return VERSION_START.length + 4 + reason + 2 + fieldsLength(head.headers, extra);
}

function writeMethod(to: Uint8Array, at: number, method: string): number {
  if (!isToken(method)) {
    throw new TypeError(
      `Cannot write the request: the method ${JSON.stringify(method)} is not a token`,
    );
  }
  return writeLatin1(to, at, method);
}

function writeTarget(to: Uint8Array, at: number, target: string): number {
  for (let i = 0; i < target.length; i++) {
    const c = target.charCodeAt(i);
    if (c > 255 || TARGET_BYTES[c] === 0) refuseTarget(target);
    to[at + i] = c;
  }
  if (target === "") refuseTarget(target);
  return at + target.length;
}

function refuseTarget(target: string): never {
  throw new TypeError(
    `Cannot write the request: the target ${JSON.stringify(target)} is empty or holds a blank`,
  );
}

function writeStatus(to: Uint8Array, at: number, status: number, reason: string): number {
  if (!Number.isInteger(status) || status < 100 || status > 599) {
    throw new TypeError(`Cannot write the response: the status ${status} is not from 100 to 599`);
  }
  const line = statusLine(status);
  if (reason === "" || reason === statusReason(status)) {
    return copyBytes(line, 0, line.length, to, at);
  }
  if (!isFieldValue(reason)) {
    throw new TypeError("Cannot write the response: the reason phrase holds a control character");
  }
  at = copyBytes(line, 0, VERSION_START.length + 4, to, at);
  at = writeLatin1(to, at, reason);
  return writeLatin1(to, at, "\r\n");
}
