import type { Body, HeaderMap, RequestHead } from "../../http/mod.ts";
import { SMALL_BUFFER } from "../_buffers.ts";
import { viewTo } from "../_views.ts";
import {
  Framing,
  IndexedHeaders,
  KnownField,
  requestHeadLength,
  writeRequestHead,
} from "../codec/mod.ts";
import { refuse, RequestFraming } from "./_request_framing.ts";

/**
 * What the first write of a request carries: its head, and its content too where that is small and at
 * hand. One per connection, filled for each request.
 */
export class OutgoingRequest {
  readonly framing: RequestFraming = new RequestFraming();
  /** Whether the content goes in this write, or there is none. */
  isWhole = false;
  /** Whether the head tells the upstream to close the connection behind the answer. */
  isLast = false;
  /** Content that lies in memory and is to follow. */
  rest: Uint8Array | null = null;

  /**
   * Writes the head, and the content if possible; gives the bytes to be sent.
   *
   * @param buffer where they may lie
   * @throws {ProxyError} `internal` when this request must not be sent
   */
  prepare(head: RequestHead, body: Body | null, buffer: Uint8Array): Uint8Array {
    const { framing } = this;
    framing.decide(head, body);
    this.rest = null;
    this.isLast = asksToClose(head.headers);
    let bytes = buffer;
    let end: number;
    try {
      end = writeRequestHead(buffer, 0, head, framing.extra);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw refuse("its head cannot be written", cause);
      bytes = new Uint8Array(requestHeadLength(head, framing.extra));
      end = writeRequestHead(bytes, 0, head, framing.extra);
    }
    if (framing.framing !== Framing.CHUNKED && body !== null && !awaitsContinue(head)) {
      end = this.#appendContent(body, bytes, end);
    }
    this.isWhole = framing.framing === Framing.NONE ||
      (framing.framing === Framing.LENGTH && framing.length === 0);
    return viewTo(bytes, end);
  }

  /** Appends content that is at hand; what remains to be sent of it stands in `framing` and `rest`. */
  #appendContent(body: Body, bytes: Uint8Array, end: number): number {
    const { framing } = this;
    if (framing.length === 0) {
      body.cancel();
      return end;
    }
    if (framing.length > SMALL_BUFFER) {
      this.rest = this.#checked(body.takeBytes?.() ?? null);
      return end;
    }
    const count = body.readInto?.(bytes, end) ?? -1;
    if (count >= 0) {
      this.#check(count);
      framing.length = 0;
      return end + count;
    }
    const rest = this.#checked(body.takeBytes?.() ?? null);
    if (rest === null || bytes.byteLength - end < rest.byteLength) {
      this.rest = rest;
      return end;
    }
    bytes.set(rest, end);
    framing.length = 0;
    return end + rest.byteLength;
  }

  #checked(rest: Uint8Array | null): Uint8Array | null {
    if (rest !== null) this.#check(rest.byteLength);
    return rest;
  }

  #check(count: number): void {
    const { length } = this.framing;
    if (count !== length) throw refuse(`it has ${count} bytes of content, and promises ${length}`);
  }
}

/** RFC 9112 §9.6: behind such a request nothing else may be sent. */
function asksToClose(headers: HeaderMap): boolean {
  if (headers instanceof IndexedHeaders && headers.findKnown(KnownField.CONNECTION) < 0) {
    return false;
  }
  const connection = headers.get("connection");
  return connection !== null && /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(connection);
}

/** Whether the content waits for the upstream's word (RFC 9110 §10.1.1). */
export function awaitsContinue(head: RequestHead): boolean {
  return head.headers.get("expect")?.toLowerCase() === "100-continue";
}
