import type { HttpVersion, RequestHead, Scheme } from "../../http/mod.ts";
import { readAgain } from "./_latin1.ts";
import { Framing } from "./framing.ts";
import { IndexedHeaders } from "./indexed_headers.ts";
import { KnownField } from "./known_field.ts";

/**
 * Which form a request target had on the wire (RFC 9112 §3.2).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestParser, TargetForm, WireRequestHead } from "@pingo/pingo/core";
 *
 * const head = new WireRequestHead();
 * const bytes = new TextEncoder().encode("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
 * new RequestParser().parse(bytes, 0, bytes.length, head);
 * assertEquals(head.form, TargetForm.ASTERISK);
 * ```
 */
export const TargetForm = { ORIGIN: 0, ABSOLUTE: 1, AUTHORITY: 2, ASTERISK: 3 } as const;

/** A number of {@linkcode TargetForm}. */
export type TargetForm = typeof TargetForm[keyof typeof TargetForm];

const NO_BYTES = new Uint8Array(0);
/** A request is rarely sent more often than twice. */
const MAX_KEPT_FORKS = 2;

/**
 * A request head over the bytes of a connection, made once and filled by {@linkcode RequestParser} for
 * each message. Strings appear when they are read. It is valid until the next message is parsed into it
 * or its bytes change; {@linkcode WireRequestHead.detach} makes it last.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestParser, WireRequestHead } from "@pingo/pingo/core";
 *
 * const head = new WireRequestHead();
 * const text = "GET http://b.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n";
 * const bytes = new TextEncoder().encode(text);
 * new RequestParser().parse(bytes, 0, bytes.length, head);
 * assertEquals([head.target, head.authority], ["/x?y", "b.example"]);
 * ```
 */
export class WireRequestHead implements RequestHead {
  /** The header fields. */
  readonly headers: IndexedHeaders = new IndexedHeaders();
  /** The method, case-sensitive. */
  method = "";
  /** The scheme that the client used; the connection sets it. */
  scheme: Scheme = "http";
  /** The version that the message arrived with. */
  version: HttpVersion = "1.1";
  /** The form that the target had. */
  form: TargetForm = TargetForm.ORIGIN;
  /** The scheme that an absolute-form target names, else null. */
  targetScheme: Scheme | null = null;
  /** How the end of the content is found. */
  framing: Framing = Framing.NONE;
  /** The length of the content; -1 when it is not known in advance. */
  contentLength = 0;
  /** Whether the client wants the connection to stay open (RFC 9112 §9.3). */
  isKeepAlive = true;
  /** Whether the client waits for `100 Continue` before it sends the content (RFC 9110 §10.1.1). */
  expectsContinue = false;
  /** Whether the client asks for another protocol: Upgrade, and Connection says so (RFC 9110 §7.8). */
  isUpgrade = false;
  /** The bits ({@linkcode fieldBit}) of the fields HOST to TRAILER that arrived. */
  fields = 0;
  /** Where the target starts in the received head, counted from its first byte. */
  targetStart = 0;
  /** Where it ends. */
  targetEnd = 0;
  /** How many bytes the head has, with the empty line. */
  byteLength = 0;
  #bytes: Uint8Array = NO_BYTES;
  #base = 0;
  #target: string | null = "/";
  #receivedMethod = "";
  #isLineReceived = false;
  // Most requests of a connection name the same host and often the same target.
  #lastTarget = "";
  #lastHost = "";
  readonly #forks: WireRequestHead[] = [];
  #forkCount = 0;

  /** The target as it is forwarded: path and query, `*`, or the authority of CONNECT; byte for byte. */
  get target(): string {
    return this.#target ??= this.#readTarget();
  }

  set target(target: string) {
    this.#target = target;
    this.#isLineReceived = false;
  }

  /** Whether the request line would be written as it arrived, so that its bytes can be copied. */
  get isLineReceived(): boolean {
    return this.#isLineReceived && this.method === this.#receivedMethod;
  }

  /** The host and port asked for. Reads and writes the `Host` field. */
  get authority(): string {
    const place = this.headers.findKnown(KnownField.HOST);
    return place < 0 ? "" : this.#lastHost = this.headers.valueAt(place, this.#lastHost);
  }

  set authority(authority: string) {
    this.headers.set("host", authority);
  }

  /** The bytes that the head lies in. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where its first byte is in {@linkcode WireRequestHead.bytes}. */
  get base(): number {
    return this.#base;
  }

  /** Empties the head for the next message. */
  reset(): void {
    this.headers.reset();
    this.#bytes = NO_BYTES;
    this.#base = 0;
    this.#forkCount = 0;
  }

  /** For the parser: where the head lies; its target is to be read from there. */
  bind(bytes: Uint8Array, base: number, byteLength: number): void {
    this.#bytes = bytes;
    this.#base = base;
    this.byteLength = byteLength;
    this.#target = null;
    this.#receivedMethod = this.method;
    this.#isLineReceived = this.version === "1.1";
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

  /** A copy that changes apart from this one and is valid no longer than it. */
  fork(): WireRequestHead {
    // Forks of the message before are dead: they lay over the same bytes.
    const at = this.#forkCount++;
    const copy = this.#forks[at] ?? new WireRequestHead();
    if (at < MAX_KEPT_FORKS) this.#forks[at] = copy;
    this.copyTo(copy);
    return copy;
  }

  /**
   * Makes `target` a copy that changes apart from this head but lies over the same bytes, and is valid as
   * long: what an attempt at an upstream is given at no cost, where {@linkcode cloneRequestHead} makes
   * objects.
   */
  copyTo(target: WireRequestHead): void {
    this.headers.copyTo(target.headers);
    target.method = this.method;
    target.scheme = this.scheme;
    target.version = this.version;
    target.form = this.form;
    target.targetScheme = this.targetScheme;
    target.framing = this.framing;
    target.contentLength = this.contentLength;
    target.isKeepAlive = this.isKeepAlive;
    target.expectsContinue = this.expectsContinue;
    target.isUpgrade = this.isUpgrade;
    target.fields = this.fields;
    target.targetStart = this.targetStart;
    target.targetEnd = this.targetEnd;
    target.byteLength = this.byteLength;
    target.#bytes = this.#bytes;
    target.#base = this.#base;
    target.#target = this.#target;
    target.#receivedMethod = this.#receivedMethod;
    target.#isLineReceived = this.#isLineReceived;
  }

  #readTarget(): string {
    const start = this.#base + this.targetStart;
    const target = readAgain(this.#bytes, start, this.#base + this.targetEnd, this.#lastTarget);
    return this.#lastTarget = target;
  }
}
