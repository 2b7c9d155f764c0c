import type { HttpVersion, ResponseHead } from "../../http/mod.ts";
import { readAgain } from "./_latin1.ts";
import { Framing } from "./framing.ts";
import { IndexedHeaders } from "./indexed_headers.ts";

const NO_BYTES = new Uint8Array(0);
const MIN_LINE_BYTES = "HTTP/1.1 200".length;

/**
 * A response head over the bytes of a connection, made once and filled by {@linkcode ResponseParser} for
 * each message. It is valid until the next message is parsed into it or its bytes change;
 * {@linkcode WireResponseHead.detach} makes it last.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ResponseParser, WireResponseHead } from "@pingo/pingo/core";
 *
 * const head = new WireResponseHead();
 * const text = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n";
 * const bytes = new TextEncoder().encode(text);
 * new ResponseParser().parse(bytes, 0, bytes.length, head);
 * assertEquals([head.status, head.reason, head.contentLength], [404, "Not Found", 5]);
 * ```
 */
export class WireResponseHead implements ResponseHead {
  /** The header fields. */
  readonly headers: IndexedHeaders = new IndexedHeaders();
  /** The status code, 100 to 599. */
  status = 0;
  /** The version that the message arrived with. */
  version: HttpVersion = "1.1";
  /** How the end of the content is found. */
  framing: Framing = Framing.NONE;
  /** The length of the content; -1 when it is not known in advance. */
  contentLength = 0;
  /** Whether the connection can carry another request when the content is over. */
  isKeepAlive = true;
  /** Whether Upgrade is there and Connection names it (RFC 9110 §7.8). */
  isUpgrade = false;
  /** The bits ({@linkcode fieldBit}) of the fields HOST to TRAILER that arrived. */
  fields = 0;
  /** Where the reason phrase starts in the received head, counted from its first byte. */
  reasonStart = 0;
  /** Where it ends. */
  reasonEnd = 0;
  /** How many bytes the head has, with the empty line. */
  byteLength = 0;
  #bytes: Uint8Array = NO_BYTES;
  #base = 0;
  #reason: string | null = "";
  #lastReason = "";
  #isLineReceived = false;
  #receivedStatus = 0;

  /** The reason phrase. */
  get reason(): string {
    return this.#reason ??= this.#readReason();
  }

  set reason(reason: string) {
    this.#reason = reason;
    this.#isLineReceived = false;
  }

  /** Whether the status line would be written as it arrived, so that its bytes can be copied. */
  get isLineReceived(): boolean {
    return this.#isLineReceived && this.status === this.#receivedStatus;
  }

  /** The bytes that the head lies in. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where its first byte is in {@linkcode WireResponseHead.bytes}. */
  get base(): number {
    return this.#base;
  }

  /** Empties the head for the next message. */
  reset(): void {
    this.headers.reset();
    this.#bytes = NO_BYTES;
    this.#base = 0;
  }

  /** For the parser: where the head lies; its reason phrase is to be read from there. */
  bind(bytes: Uint8Array, base: number, byteLength: number): void {
    this.#bytes = bytes;
    this.#base = base;
    this.byteLength = byteLength;
    this.#reason = null;
    this.#receivedStatus = this.status;
    // Where the blank before an empty phrase is missing, it is put there.
    this.#isLineReceived = this.version === "1.1" && this.reasonStart > MIN_LINE_BYTES;
  }

  /** The same bytes lie elsewhere now: the connection has moved them. */
  rebase(bytes: Uint8Array, base: number): void {
    this.#bytes = bytes;
    this.#base = base;
    this.headers.rebase(bytes, base);
  }

  /** Copies the bytes of the head, so that it lives on when the connection uses its buffer again. */
  detach(): void {
    this.rebase(this.#bytes.slice(this.#base, this.#base + this.byteLength), 0);
  }

  #readReason(): string {
    const base = this.#base;
    const { reasonStart, reasonEnd } = this;
    const reason = readAgain(this.#bytes, base + reasonStart, base + reasonEnd, this.#lastReason);
    return this.#lastReason = reason;
  }
}
