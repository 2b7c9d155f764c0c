import { ProxyError } from "../../../errors/mod.ts";
import {
  apart,
  type Body,
  type Cancel,
  CancelSource,
  PendingReply,
  type Reply,
  type RequestHead,
} from "../../http/mod.ts";
import { giveSmall, takeSmall } from "../_buffers.ts";
import { ChunkedDecoder, Framing, parseError } from "../codec/mod.ts";
import type { Duplex } from "../duplex.ts";
import type { ClientContext } from "./client_context.ts";
import type { ClientExchangeOptions } from "./client_exchange_options.ts";
import type { ConnectionEnd, ConnectionOwner } from "./connection_owner.ts";
import { badResponse, brokenContent, closedBefore, endedBeforeHead, stalled } from "./_failures.ts";
import { giveUp } from "./give_up.ts";
import { isInterim, takeInterim } from "./_interim.ts";
import { keepAliveHintMs } from "./_keep_alive_hint.ts";
import { awaitsContinue, OutgoingRequest } from "./_outgoing_request.ts";
import { responseContent } from "./_response_content.ts";
import type { ResponseSlot } from "./_response_slot.ts";
import { StallWatch } from "./_stall_watch.ts";
import type { ContentSource } from "./_streamed_content.ts";
import { isUpgradeAgreed } from "./_upgrade.ts";
import { Upload, type UploadSink } from "./_upload.ts";
import { type TunnelSource, UpstreamTunnel } from "./_upstream_tunnel.ts";
import { WireReply } from "./_wire_reply.ts";

const NO_BYTES = new Uint8Array(0);
const NOTHING_PARKED = Promise.resolve(null);

// Where a connection stands.
const IDLE = 0;
const BUSY = 1;
const CLOSED = 2;

/**
 * The client side of one HTTP/1.1 connection. A read is always parked on it: while it is idle that read
 * tells when the upstream has closed it, and it becomes the read of the next response's head. So in the
 * steady state a small exchange is one write and one read, and nothing is allocated but the reply.
 */
export class ClientConnection implements ContentSource, UploadSink, TunnelSource {
  /** When it was opened, by the coarse clock. */
  readonly openedAt: number;
  /** Since when it is idle, by the coarse clock. */
  idleSince = 0;
  /** How long it may be idle, as the upstream said last. */
  idleLimitMs = Infinity;
  /** Whether it has carried an exchange. */
  isReused = false;
  readonly #duplex: Duplex;
  readonly #context: ClientContext;
  readonly #owner: ConnectionOwner;
  readonly #outgoing = new OutgoingRequest();
  readonly #watch: StallWatch;
  readonly #onParked = (count: number | null): void => this.#sawParked(count);
  readonly #onParkedError = (cause: unknown): void => this.#sawParked(null, cause);
  readonly #onBytes = (count: number | null): void => this.#sawBytes(count);
  readonly #onReadFailed = (cause: unknown): void => this.#sawBytes(null, cause);
  readonly #onWritten = (count: number): void => this.#wrote(count);
  readonly #onWriteFailed = (cause: unknown): void => this.#writeFailed(cause);
  readonly #onCancel = (reason: unknown): void => this.#fail(ProxyError.from(reason));
  #decoder: ChunkedDecoder | null = null;
  #state = BUSY;
  #slot: ResponseSlot | null = null;
  #parked: Promise<number | null> = NOTHING_PARKED;
  /** What the parked read gave while it was not awaited: undefined as long as it waits. */
  #parkedCount: number | null | undefined = undefined;
  /** Why it gave an end, where it has failed. */
  #parkedCause: unknown;
  #failure: ProxyError | null = null;
  #upload: Upload | null = null;
  #cancel: CancelSource | null = null;
  #forget: (() => void) | null = null;
  #headTimeoutMs = Infinity;
  #bodyTimeoutMs = Infinity;
  #awaitsHead = false;
  #isKeepAlive = false;
  #isInContent = false;
  // The exchange whose response head is awaited.
  #request: RequestHead | null = null;
  #body: Body | null = null;
  #options: ClientExchangeOptions | null = null;
  #pending: PendingReply | null = null;
  /** What the head of the request lies in while it is written. */
  #buffer: Uint8Array | null = null;
  #bytes: Uint8Array = NO_BYTES;
  #isSent = false;
  #writeFailure: unknown;

  // What a read calls back must not happen in the async context of one exchange.
  static #parkApart(connection: ClientConnection): void {
    connection.#parked = connection.#park();
  }

  static #takeParked(connection: ClientConnection): void {
    connection.#sawBytes(connection.#parkedCount ?? null, connection.#parkedCause);
  }

  /** Takes over a connection that is reserved for its first exchange. */
  constructor(duplex: Duplex, context: ClientContext, owner: ConnectionOwner) {
    const { wheel, clock } = context;
    this.#duplex = duplex;
    this.#context = context;
    this.#owner = owner;
    this.#watch = new StallWatch(wheel, (isWrite) => {
      this.#fail(stalled(isWrite, this.#isInContent));
    });
    this.openedAt = clock.now();
    apart(ClientConnection.#parkApart, this);
  }

  /** Takes it out of its idle state: the next exchange is about to begin. */
  reserve(): void {
    this.#state = BUSY;
  }

  /** Gives it back unused. */
  unreserve(): void {
    if (this.#state !== BUSY) return;
    this.#rest();
  }

  /** Closes it; an exchange on it breaks. */
  close(): void {
    if (this.#state === BUSY) this.#fail(new ProxyError("server_stopping"));
    else this.#shut("used");
  }

  /** Resolves when the read that is parked on it is over; after `close` that is soon. */
  async parkedEnd(): Promise<void> {
    await this.#parked.catch(() => {});
  }

  /**
   * Carries one exchange; the connection has been reserved for it. Two calls of the system and what they
   * call back: an async function here would cost memory for all its variables at each exchange.
   */
  exchange(
    head: RequestHead,
    body: Body | null,
    options: ClientExchangeOptions,
  ): Promise<Reply> {
    const buffer = takeSmall();
    let bytes: Uint8Array;
    try {
      this.#checkUnspoken();
      bytes = this.#outgoing.prepare(head, body, buffer);
    } catch (error) {
      // Nothing was sent: the connection is as good as before.
      giveSmall(buffer);
      giveUp(body, error);
      this.unreserve();
      return Promise.reject(error);
    }
    this.#headTimeoutMs = options.headTimeoutMs ?? Infinity;
    this.#bodyTimeoutMs = options.bodyTimeoutMs ?? Infinity;
    this.#awaitsHead = true;
    this.#isSent = false;
    this.#writeFailure = undefined;
    this.#request = head;
    this.#body = body;
    this.#options = options;
    this.#buffer = buffer;
    this.#bytes = bytes;
    this.#upload = this.#outgoing.isWhole || body === null ? null : this.#makeUpload(head, body);
    const pending = this.#pending = new PendingReply();
    this.#listen(options.cancel);
    this.#watch.reading(this.#headTimeoutMs);
    this.#watch.writing(this.#context.writeTimeoutMs);
    try {
      this.#duplex.write(bytes).then(this.#onWritten, this.#onWriteFailed);
    } catch (cause) {
      this.#writeFailed(cause);
    }
    return pending;
  }

  #listen(cancel: Cancel): void {
    if (cancel instanceof CancelSource) {
      this.#cancel = cancel;
      cancel.addListener(this.#onCancel);
    } else this.#forget = cancel.onCancel(this.#onCancel);
  }

  #unlisten(): void {
    this.#cancel?.removeListener(this.#onCancel);
    this.#forget?.();
    this.#cancel = this.#forget = null;
  }

  /** The first write has taken so many bytes. */
  #wrote(count: number): void {
    const bytes = this.#bytes;
    if (count === bytes.byteLength) this.#sent();
    else this.write(bytes.subarray(count)).then(() => this.#sent(), this.#onWriteFailed);
  }

  /** What the upstream said before it left is still there to be read. */
  #writeFailed(cause: unknown): void {
    this.#writeFailure = cause;
    this.#upload?.stop(cause);
    this.#sent();
  }

  /** The head of the request has left, and the buffer is free: its content follows, or the response. */
  #sent(): void {
    this.#watch.written();
    const buffer = this.#buffer;
    if (buffer !== null) giveSmall(buffer);
    this.#buffer = null;
    this.#bytes = NO_BYTES;
    this.#isSent = true;
    const request = this.#request;
    // It may have failed meanwhile.
    if (request === null) return;
    this.#upload?.run();
    this.#slot?.begin(request.method);
    if (this.#parkedCount !== undefined) apart(ClientConnection.#takeParked, this);
  }

  /** Bytes of the response have come, or its end (null). */
  #sawBytes(count: number | null, cause?: unknown): void {
    const request = this.#request;
    const options = this.#options;
    const slot = this.#slot;
    if (request === null || options === null || slot === null) return;
    let reply: Reply | null;
    try {
      if (count === null) throw endedBeforeHead(slot.hasBytes, this.#writeFailure ?? cause);
      slot.end += count;
      reply = this.#takeHead(request, slot, options);
      if (reply === null) this.#duplex.read(slot.room()).then(this.#onBytes, this.#onReadFailed);
    } catch (thrown) {
      return this.#fail(
        thrown instanceof ProxyError
          ? thrown
          : endedBeforeHead(slot.hasBytes, this.#writeFailure ?? thrown),
      );
    }
    // Last of all: it goes straight on to whoever waits.
    if (reply !== null) this.#takePending()?.resolve(reply);
  }

  #takePending(): PendingReply | null {
    const pending = this.#pending;
    this.#request =
      this.#body =
      this.#options =
      this.#pending =
        null;
    return pending;
  }

  /** RFC 9112 §9.2: what comes without a request belongs to none. Nothing was sent: another try is safe. */
  #checkUnspoken(): void {
    const count = this.#parkedCount;
    if (count === undefined) return;
    throw count === null ? closedBefore() : badResponse("it came before the request");
  }

  // What the two directions need.

  /** Sends bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    const { writeTimeoutMs } = this.#context;
    this.#watch.writing(writeTimeoutMs);
    try {
      let written = await this.#duplex.write(bytes);
      while (written < bytes.byteLength) {
        this.#watch.writing(writeTimeoutMs);
        written += await this.#duplex.write(bytes.subarray(written));
      }
    } catch (cause) {
      throw this.#failure ?? cause;
    } finally {
      this.#watch.written();
    }
  }

  /** Sends content; the time for the response's head runs from the last piece of it. */
  async sendContent(bytes: Uint8Array): Promise<void> {
    await this.write(bytes);
    if (this.#awaitsHead) this.#watch.reading(this.#headTimeoutMs);
  }

  /** The content of the request broke off. */
  uploadFailed(error: ProxyError): void {
    this.#fail(error);
  }

  /** Reads content within its time. */
  async readContent(into: Uint8Array): Promise<number | null> {
    this.#watch.reading(this.#bodyTimeoutMs);
    try {
      return await this.#duplex.read(into);
    } catch (cause) {
      throw this.#failure ?? brokenContent(cause);
    } finally {
      this.#watch.read();
    }
  }

  /** The response is there to its last byte. */
  contentEnded(isClean: boolean): void {
    this.#isInContent = false;
    this.#endExchange(isClean);
  }

  /** The response is not going to be read to its end. */
  abandon(error: ProxyError): void {
    this.#fail(error);
  }

  /** Reads what comes through a tunnel; it may take as long as it likes. */
  async readTunnel(into: Uint8Array): Promise<number | null> {
    try {
      return await this.#duplex.read(into);
    } catch (cause) {
      throw this.#failure ?? brokenContent(cause);
    }
  }

  /** Ends the own direction of a tunnel. */
  async closeWrite(): Promise<void> {
    try {
      await this.#duplex.closeWrite();
    } catch (cause) {
      throw this.#failure ?? cause;
    }
  }

  #makeUpload(head: RequestHead, body: Body): Upload {
    const { framing, rest } = this.#outgoing;
    const length = framing.framing === Framing.CHUNKED ? -1 : framing.length;
    const upload = new Upload(this, body, { length, rest });
    if (awaitsContinue(head)) {
      const { wheel, continueTimeoutMs } = this.#context;
      upload.hold(wheel.timer(() => upload.proceed()), continueTimeoutMs);
    }
    return upload;
  }

  // The response.

  /** The reply, as soon as the head of the final response is there. */
  #takeHead(
    request: RequestHead,
    slot: ResponseSlot,
    options: ClientExchangeOptions,
  ): Reply | null {
    for (;;) {
      const at = slot.next();
      if (at === 0) return null;
      if (at < 0) throw parseError(at, "response");
      if (!isInterim(slot)) return this.#reply(request, slot, at);
      takeInterim(slot, options);
      if (slot.head.status === 100) this.#upload?.proceed();
      // Who was informed may have cancelled.
      if (this.#failure !== null) throw this.#failure;
    }
  }

  /** The reply whose head is there; its content starts at `at`. */
  #reply(request: RequestHead, slot: ResponseSlot, at: number): Reply {
    const { head } = slot;
    this.#watch.read();
    this.#awaitsHead = false;
    this.#slot = null;
    const { status } = head;
    if (status === 101 || (request.method === "CONNECT" && status >= 200 && status < 300)) {
      return this.#tunnelReply(request, slot, at);
    }
    this.#isKeepAlive = head.isKeepAlive && !this.#outgoing.isLast;
    this.idleLimitMs = keepAliveHintMs(head);
    const upload = this.#upload;
    // RFC 9112 §9.3: what refuses the content before it is there does not want the rest. With a success
    // the upload goes on beside the response: there are servers that answer while they read.
    if (upload !== null && !upload.isDone && (status >= 300 || upload.isHeld)) {
      upload.stop(new ProxyError("upstream_write_failed", "Cannot send the request: refused"));
    }
    this.#isInContent = true;
    const decoder = head.framing === Framing.CHUNKED ? this.#resetDecoder() : null;
    return new WireReply(slot, responseContent(this, slot, at, decoder), undefined);
  }

  #resetDecoder(): ChunkedDecoder {
    const decoder = this.#decoder ??= new ChunkedDecoder();
    decoder.reset();
    return decoder;
  }

  #tunnelReply(request: RequestHead, slot: ResponseSlot, at: number): Reply {
    const upload = this.#upload;
    if (slot.head.status === 101 && !isUpgradeAgreed(request.headers, slot.head)) {
      throw badResponse("nobody asked it to switch to this protocol (RFC 9110 §15.2.2)");
    }
    if (upload !== null && !upload.isDone) {
      throw badResponse("it switches protocols before the content of the request has ended");
    }
    const first = at < slot.end ? slot.buffer.subarray(at, slot.end) : null;
    return new WireReply(slot, null, new UpstreamTunnel(this, first));
  }

  // Its life.

  /** The exchange is over; the connection goes on if nothing speaks against it. */
  #endExchange(isClean: boolean): void {
    if (this.#state === CLOSED) return;
    this.#watch.read();
    this.#unlisten();
    this.isReused = true;
    const upload = this.#upload;
    this.#upload = null;
    const isSent = upload === null || upload.isDone;
    if (!isSent) {
      upload.stop(new ProxyError("upstream_write_failed", "Cannot send the request: answered"));
    }
    if (!isClean) this.#shut("dirty");
    else if (!isSent || !this.#isKeepAlive || !this.#owner.wantsBack()) this.#shut("used");
    else {
      // What came whole with its head is read apart already.
      if (this.#pending !== null) this.#parked = this.#park();
      else apart(ClientConnection.#parkApart, this);
      this.#rest();
    }
  }

  #park(): Promise<number | null> {
    const slot = this.#slot = this.#context.slots.take();
    this.#parkedCount = undefined;
    const parked = this.#duplex.read(slot.buffer);
    parked.then(this.#onParked, this.#onParkedError);
    return parked;
  }

  #rest(): void {
    this.#state = IDLE;
    this.idleSince = this.#context.clock.now();
    const count = this.#parkedCount;
    if (count === undefined) this.#owner.isIdle();
    else this.#shut(count === null ? "dead" : "dirty");
  }

  /** The parked read is through: with the head that an exchange awaits, or out of turn. */
  #sawParked(count: number | null, cause?: unknown): void {
    this.#parkedCount = count;
    this.#parkedCause = cause;
    if (this.#state === BUSY && this.#isSent) this.#sawBytes(count, cause);
    else if (this.#state === IDLE) this.#shut(count === null ? "dead" : "dirty");
    else if (this.#state === CLOSED && this.#slot !== null) this.#context.slots.give(this.#slot);
  }

  /** Ends the exchange with an error, which whoever waits in it gets; the first one holds. */
  #fail(error: ProxyError): void {
    if (this.#state === CLOSED) return;
    this.#failure = error;
    const body = this.#body;
    const pending = this.#takePending();
    this.#shut("used");
    if (pending === null) return;
    giveUp(body, error);
    apart((reason) => pending.reject(reason), error);
  }

  #shut(end: ConnectionEnd): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#watch.stop();
    this.#unlisten();
    this.#upload?.stop(this.#failure);
    this.#upload = null;
    try {
      this.#duplex.close();
    } catch {
      // The other side was faster.
    }
    this.#owner.hasEnded(end);
  }
}
