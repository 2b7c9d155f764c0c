import { ProxyError } from "../../../errors/mod.ts";
import type { Body, HeaderMap, RequestHead } from "../../http/mod.ts";
import { Framing, IndexedHeaders, KnownField, setContentLength } from "../codec/mod.ts";

const encoder = new TextEncoder();
const CHUNKED_LINE = encoder.encode("transfer-encoding: chunked\r\n");
const EMPTY_LINE = encoder.encode("content-length: 0\r\n");

/** What a header map says of framing; the wire's own map answers by its index. */
const NOT_THERE = -1;
const MALFORMED = -2;

/**
 * Decides how the content of a request goes over the wire (RFC 9112 §6), from what its head says and what
 * its body knows. Where the two do not agree, nothing is sent: two readers of such a request would see
 * different ends of it, which is what request smuggling is. One per connection, filled for each request.
 */
export class RequestFraming {
  framing: Framing = Framing.NONE;
  /** With LENGTH: how many bytes of content are promised. */
  length = 0;
  /** The field line that says so, where the head does not. */
  extra: Uint8Array | null = null;

  /** @throws {ProxyError} `internal` when the head cannot be sent with this body */
  decide(head: RequestHead, body: Body | null): void {
    const { headers } = head;
    checkHost(headers);
    const declared = declaredLength(headers);
    if (declared === MALFORMED) throw refuse("its Content-Length is malformed or repeated");
    const isCoded = hasChunked(headers);
    if (isCoded && declared !== NOT_THERE) {
      throw refuse("it has Content-Length and Transfer-Encoding (RFC 9112 §6.1)");
    }
    this.framing = Framing.NONE;
    this.length = 0;
    this.extra = null;
    if (declared >= 0) setContentLength(headers, declared);
    if (body === null) this.#withoutContent(head.method, declared, isCoded);
    else this.#withContent(body, declared, isCoded);
  }

  #withoutContent(method: string, declared: number, isCoded: boolean): void {
    if (isCoded || declared > 0) throw refuse("it announces content and has none");
    // RFC 9110 §8.6: a method that is made for content says that there is none.
    const isMeantFor = method === "POST" || method === "PUT" || method === "PATCH";
    if (isMeantFor && declared === NOT_THERE) this.extra = EMPTY_LINE;
  }

  #withContent(body: Body, declared: number, isCoded: boolean): void {
    const known = body.length ?? declared;
    if (isCoded || known === NOT_THERE) {
      this.framing = Framing.CHUNKED;
      if (!isCoded) this.extra = CHUNKED_LINE;
      return;
    }
    if (declared !== NOT_THERE && declared !== known) {
      throw refuse(`its Content-Length is ${declared}, and its content has ${known} bytes`);
    }
    this.framing = Framing.LENGTH;
    this.length = known;
    if (declared === NOT_THERE) this.extra = encoder.encode(`content-length: ${known}\r\n`);
  }
}

/** RFC 9112 §3.2: exactly one Host. */
function checkHost(headers: HeaderMap): void {
  if (headers instanceof IndexedHeaders) {
    const place = headers.findKnown(KnownField.HOST);
    if (place >= 0 && headers.findKnown(KnownField.HOST, place + 1) < 0) return;
  } else if (headers.getAll("host").length === 1) return;
  throw refuse("it has no Host, or more than one (RFC 9112 §3.2)");
}

function declaredLength(headers: HeaderMap): number {
  if (headers instanceof IndexedHeaders) {
    if (headers.findKnown(KnownField.CONTENT_LENGTH) < 0) return NOT_THERE;
    const length = headers.singleLength();
    return length < 0 ? MALFORMED : length;
  }
  const text = headers.get("content-length");
  if (text === null) return NOT_THERE;
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : MALFORMED;
}

function hasChunked(headers: HeaderMap): boolean {
  const hasCoding = headers instanceof IndexedHeaders
    ? headers.findKnown(KnownField.TRANSFER_ENCODING) >= 0
    : headers.has("transfer-encoding");
  if (!hasCoding) return false;
  const coding = headers.get("transfer-encoding");
  if (coding === "chunked" && isPlainCoding(headers)) return true;
  if (coding?.toLowerCase() === "chunked") {
    headers.set("transfer-encoding", "chunked");
    return true;
  }
  throw refuse("its Transfer-Encoding is not chunked (RFC 9112 §6.1)");
}

function isPlainCoding(headers: HeaderMap): boolean {
  return !(headers instanceof IndexedHeaders) ||
    headers.isPlain(headers.findKnown(KnownField.TRANSFER_ENCODING));
}

/** A head that a filter has made wrong is a defect of the program. */
export function refuse(state: string, cause?: unknown): ProxyError {
  return new ProxyError("internal", `Cannot send the request: ${state}`, { cause });
}
