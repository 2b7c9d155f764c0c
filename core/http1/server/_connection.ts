import { ProxyError } from "../../../errors/mod.ts";
import type { WheelTimer } from "../../../timeout/mod.ts";
import {
  type Client,
  giveUpReply,
  HeaderList,
  PendingReply,
  type Reply,
  type ReplyReceiver,
  type ResponseHead,
  ServerExchange,
  type ServerExchangeOptions,
  toReply,
  type Tunnel,
} from "../../http/mod.ts";
import { LARGE_BUFFER } from "../_buffers.ts";
import {
  Framing,
  parseError,
  type ParseFault,
  RequestParser,
  responseHeadLength,
  WireRequestHead,
  writeResponseHead,
} from "../codec/mod.ts";
import { Inbound } from "./_inbound.ts";
import { type BodySource, RequestBody } from "./_request_body.ts";
import { type ReplySink, ReplyWriter } from "./_reply_writer.ts";
import { TunnelRelay } from "./_tunnel_relay.ts";
import type { ServerConnectionOptions } from "./server_connection_options.ts";
import type { Duplex } from "../duplex.ts";

// What the connection waits for from the client, and a timer with it. Writes have a timer of their own: an
// upload and its answer may be on their way at once, and neither may lend the other its time.
const NOTHING = 0;
const IDLE = 1;
const HEAD = 2;
const CONTENT = 3;
const HALF_CLOSED = 4;
const END = 5;
/** As IDLE, but so shortly after a request that the next one may come any moment. */
const RESTING = 6;

const encoder = new TextEncoder();
const CONTINUE = encoder.encode("HTTP/1.1 100 Continue\r\n\r\n");
/** Bytes that are read and dropped after the last response, so that it is not lost in a reset. */
const MAX_LINGER_BYTES = 262_144;
/** How long that may take. */
const LINGER_MS = 2_000;
/** Without a request for so long a connection gives up the memory that it can get again. */
const REST_MS = 1_000;
/** How long a drain waits for the first request of a connection. */
const FRESH_MS = 250;
/** What the handler of an exchange that took too long has for its page. */
const OVERDUE_GRACE_MS = 1_000;
const NO_BYTES = new Uint8Array(0);
const NO_REPLY: Reply = { status: 500, reason: "", headers: new HeaderList(), body: null };

/** The inside of a {@linkcode ServerConnection}. */
export class Connection implements BodySource, ReplyReceiver, ReplySink {
  readonly inbound: Inbound;
  readonly #duplex: Duplex;
  readonly #client: Client;
  readonly #options: ServerConnectionOptions;
  #parser: RequestParser | null = null;
  #head: WireRequestHead | null = null;
  readonly #timer: WheelTimer;
  readonly #writeTimer: WheelTimer;
  /** Ends exchanges that take too long in all; null where they may take any time. */
  readonly #totalTimer: WheelTimer | null;
  // What the system and the handler call back for nearly each request, made once: waiting in an async
  // function costs a few hundred bytes each time, a function that is there already a third of that.
  readonly #onParked = (count: number | null): void => this.#sawParked(count);
  readonly #onParkedError = (error: unknown): void => this.#sawReset(error);
  readonly #onBytes = (count: number | null): void => this.#took(count);
  readonly #onReadError = (error: unknown): void => this.#broke(error);
  readonly #onAnswer = (answer: Reply | Response): void => this.#answered(answer);
  readonly #onNoAnswer = (error: unknown): void => this.failed(error);
  readonly #onWritten = (count: number): void => this.#wrote(count);
  readonly #onUnsent = (error: unknown): void => this.#unsent(error);
  readonly #inform = (head: ResponseHead): void => this.#writeInterim(head);
  readonly #abandon = (reason: ProxyError): void => {
    const exchange = this.#exchange;
    if (exchange === null) return;
    this.#abandonedFor = reason;
    this.#replyPage(reason, exchange);
  };
  #hasEnded: () => void = ignore;
  /** What the parked read gave while nobody awaited it; undefined as long as it waits. */
  #parkedCount: number | null | undefined = undefined;
  #parkedError: unknown;
  /** Whether the loop waits for the parked read. */
  #awaitsParked = false;
  /** The handler was answered for: what it gives after all is nobody's. */
  #abandonedFor: ProxyError | null = null;
  /** Whether a request was read that has not begun. */
  #awaitsTurn = false;
  /** Whether one has begun that counts as being on its way. */
  #hasTurn = false;
  /** The reply that is being written. */
  #sending: Reply = NO_REPLY;
  #writer: ReplyWriter | null = null;
  /** The same for all exchanges. */
  #exchangeOptions: ServerExchangeOptions | null = null;
  /** Gives back what the handler's reply lies in. */
  #release: Reply["release"];
  #waitsFor = IDLE;
  #exchange: ServerExchange | null = null;
  #relay: TunnelRelay | null = null;
  #body: RequestBody | null = null;
  /** Interim responses that are being written. */
  #interim: Promise<void> | null = null;
  /** The answer to a head that came too slowly, while it is on its way. */
  #refusal: Promise<void> | null = null;
  #requests = 0;
  #isDraining = false;
  #isClosed = false;
  /** The last answer has begun or was sent. */
  #isEnding = false;
  #hasBegunReply = false;
  /** A write is on its way, or has failed. */
  #isWriting = false;
  /** The client ended its direction and nothing came in the grace: a write would still succeed once. */
  #isClientGone = false;
  /** Whether it has ended its direction. */
  #hasClientEnded = false;
  /** Milliseconds that the client was waited for, and since when it is. */
  #contentWaitMs = 0;
  #giveContentUp: (reason: ProxyError) => void = ignore;

  constructor(duplex: Duplex, client: Client, options: ServerConnectionOptions) {
    const { limits, wheel } = options;
    this.#duplex = duplex;
    this.#client = client;
    this.#options = options;
    this.inbound = new Inbound(duplex, limits.maxHeadBytes);
    this.#timer = wheel.timer(() => this.#timedOut());
    this.#writeTimer = wheel.timer(() => this.close());
    this.#totalTimer = limits.exchangeTimeoutMs === Infinity
      ? null
      : wheel.timer(() => this.#overdue());
  }

  /** Whether a request is on its way. */
  get isBusy(): boolean {
    return this.#exchange !== null || this.#awaitsTurn;
  }

  /** Serves requests until the connection ends; never rejects. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#hasEnded = resolve;
      this.#wait(HEAD, this.#options.limits.headTimeoutMs);
      this.#advance();
    });
  }

  /** Goes on with what has come: serves it, or reads on. */
  #advance(): void {
    try {
      const at = this.#parse();
      if (at > 0) this.#enter();
      else if (at === 0) this.#read();
      else this.#endAfter(this.#endBehind(at as ParseFault));
    } catch (error) {
      this.#broke(error);
    }
  }

  /** Serves the request that is there, when it is its turn. */
  #enter(): void {
    const { turns } = this.#options;
    if (turns === undefined || turns.enter(this)) this.#ask();
    else this.#awaitsTurn = true;
  }

  /** It is the turn of the request that waited. */
  takeTurn(): void {
    this.#awaitsTurn = false;
    try {
      if (!this.#isClosed) return this.#ask();
    } catch (error) {
      return this.#broke(error);
    }
    this.#options.turns?.leave();
    this.#end();
  }

  /** Waits for the next request, or for more of its head. */
  #read(): void {
    const { inbound } = this;
    if (!inbound.isParked) {
      inbound.next().then(this.#onBytes, this.#onReadError);
    } else if (this.#parkedError !== undefined) this.#broke(this.#parkedError);
    else if (this.#parkedCount !== undefined) this.#took(this.#parkedCount);
    else this.#awaitsParked = true;
  }

  #took(count: number | null): void {
    this.inbound.took(count);
    if (this.#refusal !== null) this.#endAfter(this.#endRefused(this.#refusal, count !== null));
    else if (count === null) this.#end();
    else this.#advance();
  }

  #leaveTurn(): void {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    this.#options.turns?.leave();
  }

  /** Has the handler answer the request that is there. */
  #ask(): void {
    this.#hasTurn = true;
    const exchange = this.#begin();
    try {
      this.#options.onExchange?.(exchange);
      const answer = this.#options.handler(exchange);
      if (!(answer instanceof Promise)) return this.#answered(answer);
      exchange.abandon = this.#abandon;
      if (answer instanceof PendingReply) answer.handTo(this);
      else answer.then(this.#onAnswer, this.#onNoAnswer);
    } catch (error) {
      this.failed(error);
    }
  }

  #answered(answer: Reply | Response): void {
    let reply: Reply;
    try {
      reply = toReply(answer);
    } catch (error) {
      return this.failed(error);
    }
    this.replied(reply);
  }

  /** The handler's reply is there. */
  replied(reply: Reply): void {
    let release: Reply["release"];
    try {
      release = reply.release;
    } catch (error) {
      return this.failed(error);
    }
    if (this.#abandonedFor === null) return this.#reply(reply, release);
    giveUpReply(reply, this.#abandonedFor);
    this.#giveBack(release);
  }

  /** The handler has none. */
  failed(error: unknown): void {
    const exchange = this.#exchange;
    if (this.#abandonedFor !== null || exchange === null) return;
    this.#replyPage(error, exchange);
  }

  /** Answers with the page for an error; where there is none either, the connection ends. */
  #replyPage(error: unknown, exchange: ServerExchange): void {
    let page: Reply;
    try {
      page = this.#pageFor(error, exchange);
    } catch (thrown) {
      return this.#broke(thrown);
    }
    this.#reply(page, undefined);
  }

  /** Sends a reply: at once where it is short and at hand, as most are. */
  #reply(reply: Reply, release: Reply["release"]): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    exchange.abandon = null;
    this.#release = release;
    this.#sending = reply;
    try {
      reply = this.#sending = this.#shown(reply, exchange);
      if (this.#isClosed || this.#isClientGone) throw goneError();
      this.#hasBegunReply = true;
      if (this.#interim !== null || reply.tunnel !== undefined) {
        this.#clearWay(reply, exchange).then(() => this.#write(exchange)).catch(this.#onUnsent);
      } else this.#write(exchange);
    } catch (error) {
      this.#unsent(error);
    }
  }

  #write(exchange: ServerExchange): void {
    const writer = this.#writer = this.#writerOf(this.#sending, exchange);
    const { whole } = writer;
    if (whole === null) {
      writer.run().then(() => this.#sent(null), this.#onUnsent);
      return;
    }
    this.#beginWrite(exchange.timings.responseHead);
    this.#duplex.write(whole).then(this.#onWritten, this.#onUnsent);
  }

  /** The write of a whole reply has taken so many bytes. */
  #wrote(count: number): void {
    const whole = this.#writer?.whole ?? NO_BYTES;
    if (count === whole.byteLength) this.#sentWhole();
    else this.#sendRest(whole, count).then(() => this.#sentWhole(), this.#onUnsent);
  }

  #sentWhole(): void {
    this.#endWrite();
    this.#sent(null);
  }

  /** The client must see that the response is not whole: the connection ends without its end. */
  #unsent(error: unknown): void {
    const failure = this.#isWriting || this.#isClientGone
      ? goneError(error)
      : ProxyError.from(error, "client_gone");
    this.#exchange?.cancel.cancel(failure);
    giveUpReply(this.#sending, failure);
    this.close();
    this.#sent(failure);
  }

  /** Ends the exchange whose reply has left, or broke off, and goes on to the next. */
  #sent(failure: ProxyError | null): void {
    const exchange = this.#exchange;
    if (exchange === null) return this.#end();
    const isKept = this.#finish(exchange, failure);
    const body = this.#body;
    this.#body = null;
    if (!isKept || body !== null) {
      this.#goOnBehind(body, isKept).then((isOpen) => this.#next(isOpen), this.#onReadError);
    } else this.#next(this.#goOn(exchange.endedAt));
  }

  #next(isKept: boolean): void {
    if (isKept) this.#advance();
    else this.#end();
  }

  /** Something else than an exchange failed: nothing can be said any more. */
  #broke(error: unknown): void {
    this.#fail(ProxyError.from(error, "client_gone"));
    this.#end();
  }

  #endAfter(last: Promise<void>): void {
    last.then(() => this.#end(), this.#onReadError);
  }

  /** The connection is over. */
  #end(): void {
    this.close();
    if (this.#refusal === null) this.#dispose();
    else this.#refusal.then(() => this.#dispose());
  }

  #dispose(): void {
    this.inbound.dispose();
    this.#hasEnded();
  }

  /** The next answer is the last one; an idle connection ends now. */
  drain(): void {
    this.#isDraining = true;
    this.#relay?.drain();
    // Its answer has left: closing before the rest of the content is there could lose it in a reset.
    const isDropping = this.#waitsFor === CONTENT;
    if (this.isBusy || isDropping || this.#isEnding || this.#isInHead) return;
    if (this.#requests > 0) this.close();
    // Whoever has just connected is about to send a request, and was told nothing yet.
    else this.#wait(IDLE, FRESH_MS);
  }

  /** Ends the connection now; what is on its way is cut. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.disarm();
    this.#writeTimer.disarm();
    this.#totalTimer?.disarm();
    try {
      this.#duplex.close();
    } catch {
      // The connection is closed already.
    }
    // Who waits for something else than the connection would not hear of it.
    this.#exchange?.abort(goneError());
  }

  get #isInHead(): boolean {
    return this.#parser !== null && this.#parser.isInHead;
  }

  /** Looks for a head in what has come: above 0 it is there, 0 asks for more, below 0 is a fault. */
  #parse(): number {
    const { inbound } = this;
    if (inbound.start === inbound.end) return 0;
    const parser = this.#parser ??= new RequestParser(this.#options.limits);
    const at = parser.parse(inbound.bytes, inbound.start, inbound.end, this.head);
    if (at > 0) {
      this.#wait(NOTHING, Infinity);
      inbound.start = at;
    } else if (at === 0 && (this.#waitsFor === IDLE || this.#waitsFor === RESTING)) {
      // Most heads come whole: only the others have a time of their own.
      this.#wait(HEAD, this.#options.limits.headTimeoutMs);
    }
    return at;
  }

  /** Ends the connection behind what is no request. */
  async #endBehind(fault: ParseFault): Promise<void> {
    await this.#refuse(parseError(fault, "request"));
    await this.#dropRest();
  }

  /** The head was answered already: what completes it now, and what comes behind it, is no request. */
  async #endRefused(refusal: Promise<void>, hasMore: boolean): Promise<void> {
    await refusal;
    if (hasMore) await this.#dropRest();
  }

  /** Begins the exchange of the head that is there. */
  #begin(): ServerExchange {
    const { head } = this;
    head.scheme = this.#client.scheme;
    this.inbound.hold();
    const exchange = new ServerExchange(head, this.#exchangeOptions ??= this.#optionsOf());
    this.#exchange = exchange;
    this.#hasBegunReply = false;
    this.#requests++;
    this.#totalTimer?.arm(this.#options.limits.exchangeTimeoutMs, exchange.timings.start);
    if (head.framing === Framing.NONE) this.contentEnded(false);
    else {
      exchange.body = this.#body = new RequestBody(this, head);
      // Nobody may read the content for long: a client that leaves meanwhile is noticed all the same.
      this.#park();
    }
    return exchange;
  }

  #optionsOf(): ServerExchangeOptions {
    const { onListenerError, wheel } = this.#options;
    return {
      client: this.#client,
      clock: wheel,
      inform: this.#inform,
      canTunnel: true,
      onListenerError,
    };
  }

  /** A reply that `onReply` has seen, or the page for what it has thrown. */
  #shown(reply: Reply, exchange: ServerExchange): Reply {
    try {
      this.#options.onReply?.(reply, exchange);
      return reply;
    } catch (error) {
      giveUpReply(reply, error);
      return this.#pageFor(error, exchange);
    }
  }

  /** A writer that has put the reply down, or the page for what cannot be written. */
  #writerOf(reply: Reply, exchange: ServerExchange): ReplyWriter {
    const writer = new ReplyWriter(this, exchange, reply);
    try {
      writer.begin(this.#mayKeepAlive());
      return writer;
    } catch (error) {
      writer.release();
      // What cannot be written down, such as a reason phrase with a line break, is the handler's fault.
      if (exchange.reply !== null) throw error;
      giveUpReply(reply, error);
      const page = this.#writer = new ReplyWriter(this, exchange, this.#pageFor(error, exchange));
      page.begin(this.#mayKeepAlive());
      return page;
    }
  }

  /** Ends the exchange; tells whether the connection can be kept. */
  #finish(exchange: ServerExchange, failure: ProxyError | null): boolean {
    const writer = this.#writer;
    const release = this.#release;
    this.#writer = null;
    this.#release = undefined;
    this.#sending = NO_REPLY;
    writer?.release();
    this.#wait(NOTHING, Infinity);
    this.#totalTimer?.disarm();
    if (this.#body !== null) exchange.receivedBytes = this.#body.receivedBytes;
    exchange.end(failure, writer === null ? 0 : writer.sentBytes);
    this.#exchange = null;
    this.#leaveTurn();
    this.#giveBack(release);
    return failure === null && writer !== null && writer.isKept;
  }

  /** Gives back what a reply lay in; what that throws is told like what listeners of the end throw. */
  #giveBack(release: Reply["release"]): void {
    try {
      release?.();
    } catch (error) {
      this.#options.onListenerError?.(error);
    }
  }

  /** Goes on to the next request; false when there is to be none. */
  #goOn(now: number): boolean {
    this.inbound.recycle();
    this.#wait(RESTING, Math.min(REST_MS, this.#options.limits.idleTimeoutMs), now);
    return !this.#isClosed && (!this.#isDraining || this.inbound.start < this.inbound.end);
  }

  /** Goes on behind content that may not have been read, or ends. */
  async #goOnBehind(body: RequestBody | null, isKept: boolean): Promise<boolean> {
    const isClean = body === null ? isKept : await this.#finishContent(body, isKept);
    if (isClean) return this.#goOn(this.#options.wheel.now());
    await this.#linger();
    return false;
  }

  /** The page for what the handler threw, or for what it gave and cannot be sent. */
  #pageFor(thrown: unknown, exchange: ServerExchange): Reply {
    const error = ProxyError.from(thrown);
    exchange.error ??= error;
    return this.#options.errorReply(error, exchange);
  }

  #mayKeepAlive(): boolean {
    const body = this.#body;
    // Behind a CONNECT that was refused there may be what was meant for the tunnel.
    // What a handler gives after it was abandoned could be taken for the next answer.
    return this.head.isKeepAlive && this.head.method !== "CONNECT" && !this.#isDraining &&
      this.#abandonedFor === null &&
      this.#requests < this.#options.limits.maxRequests &&
      (body === null || (!body.awaitsContinue && !body.isBroken));
  }

  /** What nobody has read of the content is in the way of the next request. */
  async #finishContent(body: RequestBody, isOpen: boolean): Promise<boolean> {
    let isClean = isOpen && !body.isBroken;
    if (isClean && !body.isDone) {
      isClean = await body.drain(this.#options.limits.maxDrainBytes).catch(() => false);
    }
    body.release();
    return isClean;
  }

  /**
   * Ends the own direction and drops what the client still sends: closing while bytes wait would reset the
   * connection, and the client could lose the response (RFC 9112 §9.6).
   */
  async #linger(): Promise<void> {
    await this.#endOwn();
    await this.#dropRest();
  }

  async #endOwn(): Promise<void> {
    if (this.#isClosed) return;
    this.#isEnding = true;
    this.#wait(END, LINGER_MS);
    try {
      await this.#duplex.closeWrite();
    } catch {
      // It ended another way.
      this.close();
    }
  }

  async #dropRest(): Promise<void> {
    const { inbound } = this;
    try {
      for (let dropped = 0; dropped < MAX_LINGER_BYTES && !this.#isClosed;) {
        inbound.start = inbound.end;
        const count = await inbound.fill();
        if (count === null) break;
        dropped += count;
      }
    } catch {
      // It ended another way.
    }
  }

  // What the content needs.

  async readContent(into: Uint8Array | null): Promise<number | null> {
    const { bodyTimeoutMs, minBytesPerSecond, minRateGraceMs } = this.#options.limits;
    const { wheel } = this.#options;
    const since = wheel.now();
    this.#wait(CONTENT, bodyTimeoutMs, since);
    try {
      // A read cannot be cancelled: when the time is over it is left alone.
      const count = await new Promise<number | null>((resolve, reject) => {
        this.#giveContentUp = reject;
        const reading = into === null ? this.inbound.fill() : this.#duplex.read(into);
        reading.then(resolve, reject);
      });
      this.#contentWaitMs += wheel.now() - since;
      const received = (this.#body?.receivedBytes ?? 0) + (count ?? 0);
      const slowMs = this.#contentWaitMs - minRateGraceMs;
      if (slowMs > 0 && received * 1_000 < minBytesPerSecond * this.#contentWaitMs) {
        throw new ProxyError(
          "body_timeout",
          `Cannot read the request body: it comes slower than ${minBytesPerSecond} bytes a second`,
        );
      }
      return count;
    } catch (error) {
      if (error instanceof ProxyError) throw error;
      throw goneError(error);
    } finally {
      if (this.#waitsFor === CONTENT) this.#wait(NOTHING, Infinity);
    }
  }

  async sendContinue(): Promise<void> {
    if (!this.#hasBegunReply && this.head.version !== "1.0") await this.#sendInterim(CONTINUE);
  }

  contentEnded(hasMore: boolean): void {
    this.#contentWaitMs = 0;
    // What was read beyond the end comes back, and lies before what a read would bring now.
    if (hasMore) return;
    this.#park();
  }

  #park(): void {
    // What the read rejects with, the next fill does too.
    const parked = this.inbound.park();
    if (parked === null) return this.#heedParked();
    this.#parkedCount = this.#parkedError = undefined;
    parked.then(this.#onParked, this.#onParkedError);
  }

  /** A read that was parked in the exchange before has told of the client's end then: it counts for this one too. */
  #heedParked(): void {
    if (!this.inbound.isParked) return;
    if (this.#parkedError !== undefined) this.#sawReset(this.#parkedError);
    else if (this.#parkedCount === null) this.#sawParked(null);
  }

  // What the reply needs.

  /** Writes bytes of the reply; a client that takes less than a buffer of them in its time is cut. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#beginWrite();
    const written = await this.#duplex.write(bytes);
    if (written < bytes.byteLength) await this.#sendRest(bytes, written);
    this.#endWrite();
  }

  /** @param now what the clock says, where somebody has just read it */
  #beginWrite(now?: number): void {
    this.#isWriting = true;
    if (this.#waitsFor === HALF_CLOSED) this.#wait(NOTHING, Infinity);
    if (!this.#isClosed) this.#writeTimer.arm(this.#options.limits.writeTimeoutMs, now);
  }

  #endWrite(): void {
    this.#isWriting = false;
    this.#writeTimer.disarm();
    if (this.#hasClientEnded && this.#waitsFor === NOTHING) this.#waitHalfClosed();
  }

  async #sendRest(bytes: Uint8Array, written: number): Promise<void> {
    for (let at = written, timedFrom = 0; at < bytes.byteLength;) {
      if (at - timedFrom >= LARGE_BUFFER && !this.#isClosed) {
        this.#writeTimer.arm(this.#options.limits.writeTimeoutMs);
        timedFrom = at;
      }
      at += await this.#duplex.write(bytes.subarray(at));
    }
  }

  get head(): WireRequestHead {
    return this.#head ??= new WireRequestHead();
  }

  /**
   * Gets out of the way of a reply what is before it: interim responses, and content where a tunnel is to
   * begin.
   *
   * Where there can be no tunnel, the page that says why takes its place.
   */
  async #clearWay(reply: Reply, exchange: ServerExchange): Promise<void> {
    if (this.#interim !== null) await this.#interim;
    this.#interim = null;
    if (reply.tunnel === undefined) return;
    // Reads into the tunnel go where the head lies, and who logs the exchange at its end still reads that.
    this.head.detach();
    try {
      await this.#endContent();
    } catch (error) {
      giveUpReply(reply, error);
      this.#sending = this.#pageFor(error, exchange);
    }
  }

  /** Reads what is left of the content, which must not be more than may be dropped. */
  async #endContent(): Promise<void> {
    const body = this.#body;
    if (body === null) return;
    const { maxDrainBytes } = this.#options.limits;
    if (body.isBroken || body.awaitsContinue || !await body.drain(maxDrainBytes)) {
      throw new ProxyError(
        "client_body_broken",
        "Cannot begin a tunnel: the content of the request is in the way",
      );
    }
    body.release();
  }

  /** Passes bytes between the client and a tunnel until both directions have ended. */
  relay(tunnel: Tunnel, exchange: ServerExchange): Promise<number> {
    this.#wait(NOTHING, Infinity);
    this.#totalTimer?.disarm();
    // It may live for hours, and asks for nothing.
    this.#leaveTurn();
    const protocol = exchange.reply?.headers.get("upgrade")?.toLowerCase();
    this.#relay = new TunnelRelay(tunnel, {
      inbound: this.inbound,
      duplex: this.#duplex,
      exchange,
      wheel: this.#options.wheel,
      idleTimeoutMs: this.#options.limits.tunnelTimeoutMs,
      isWebSocket: protocol === "websocket",
    });
    if (this.#isDraining) this.#relay.drain();
    return this.#relay.run();
  }

  #writeInterim(head: ResponseHead): void {
    const { headers, status } = head;
    // Anything else would be the answer itself (RFC 9110 §15.2), and none of these has content (§8.6).
    if (status < 100 || status > 199 || status === 101) {
      throw new TypeError(`Cannot inform the client: the status ${status} is not interim`);
    }
    headers.delete("content-length");
    headers.delete("transfer-encoding");
    if (this.#hasBegunReply || this.#isClosed || this.head.version === "1.0") return;
    const bytes = new Uint8Array(responseHeadLength(head));
    // A failure is found by the next write too.
    this.#sendInterim(bytes.subarray(0, writeResponseHead(bytes, 0, head))).catch(ignore);
  }

  /** Writes an interim response behind those before it; the final one waits for all of them. */
  #sendInterim(bytes: Uint8Array): Promise<void> {
    const before = this.#interim;
    const sent = before === null ? this.write(bytes) : before.then(() => this.write(bytes));
    this.#interim = sent.catch(ignore);
    return sent;
  }

  // What may happen meanwhile.

  #sawParked(count: number | null): void {
    this.#parkedCount = count;
    if (this.#awaitsParked) {
      this.#awaitsParked = false;
      return this.#took(count);
    }
    if (count !== null || this.#exchange === null || this.#relay !== null) return;
    this.#hasClientEnded = true;
    if (this.#waitsFor === NOTHING && !this.#writeTimer.isArmed) this.#waitHalfClosed();
  }

  /** The connection broke: unlike a client that only ended its direction, this one hears nothing any more. */
  #sawReset(error: unknown): void {
    this.#parkedError = error;
    if (this.#awaitsParked) {
      this.#awaitsParked = false;
      return this.#broke(error);
    }
    if (this.#exchange !== null && this.#relay === null) this.#clientLeft(this.#exchange);
  }

  #clientLeft(exchange: ServerExchange): void {
    this.#isClientGone = true;
    exchange.abort(goneError());
  }

  #waitHalfClosed(): void {
    this.#wait(HALF_CLOSED, this.#options.limits.halfClosedGraceMs);
  }

  #fail(error: ProxyError): void {
    const exchange = this.#exchange;
    this.#leaveTurn();
    if (exchange === null) return;
    this.#exchange = null;
    exchange.abort(error);
    exchange.end(error, 0);
  }

  #timedOut(): void {
    const waitedFor = this.#waitsFor;
    this.#waitsFor = NOTHING;
    switch (waitedFor) {
      case HEAD:
        if (this.#isInHead) {
          this.#refusal = this.#refuse(
            new ProxyError("request_timeout", "Cannot read a head: it took too long"),
          ).catch(() => this.close());
        } else this.close();
        break;
      case RESTING: {
        const restMs = this.#options.limits.idleTimeoutMs - REST_MS;
        if (!(restMs > 0)) return this.close();
        this.#parser = this.#head = this.#exchangeOptions = null;
        this.inbound.shrink();
        this.#wait(IDLE, restMs);
        break;
      }
      case CONTENT: {
        this.#body?.leaveBuffer();
        const { bodyTimeoutMs } = this.#options.limits;
        this.#giveContentUp(
          new ProxyError(
            "body_timeout",
            `Cannot read the request body: nothing came for ${bodyTimeoutMs} ms`,
          ),
        );
        break;
      }
      case HALF_CLOSED:
        if (this.#exchange !== null) this.#clientLeft(this.#exchange);
        break;
      default:
        this.close();
    }
  }

  /** The exchange took too long in all: its handler is told, and the client is cut where that is no use. */
  #overdue(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (exchange.cancel.cancelled) return this.close();
    const { exchangeTimeoutMs } = this.#options.limits;
    const error = new ProxyError(
      "deadline_exceeded",
      `Cannot finish the exchange: it took longer than ${exchangeTimeoutMs} ms`,
    );
    const hasBegun = this.#hasBegunReply;
    exchange.abort(error);
    if (hasBegun) return this.close();
    // A handler that heard of it may have been answered for in this very call.
    if (this.#exchange !== exchange) return;
    this.#totalTimer?.arm(OVERDUE_GRACE_MS);
    if (this.#waitsFor !== CONTENT) return;
    this.#wait(NOTHING, Infinity);
    this.#body?.leaveBuffer();
    this.#giveContentUp(error);
  }

  /** Answers what is no request, as far as that goes, and ends the own direction. */
  async #refuse(error: ProxyError): Promise<void> {
    const { errorReply, onExchange, onReply, onListenerError, wheel } = this.#options;
    this.#isEnding = true;
    this.#hasBegunReply = true;
    this.head.version = "1.1";
    this.head.method = "GET";
    const exchange = new ServerExchange(new WireRequestHead(), {
      client: this.#client,
      clock: wheel,
      onListenerError,
    });
    exchange.error = error;
    let writer: ReplyWriter | null = null;
    try {
      onExchange?.(exchange);
      const reply = errorReply(error, exchange);
      onReply?.(reply, exchange);
      writer = new ReplyWriter(this, exchange, reply);
      writer.begin(false);
      if (writer.whole === null) await writer.run();
      else await this.write(writer.whole);
    } finally {
      writer?.release();
      exchange.end(error, writer === null ? 0 : writer.sentBytes);
    }
    await this.#endOwn();
  }

  #wait(what: number, ms: number, now?: number): void {
    this.#waitsFor = what;
    if (this.#isClosed) return;
    if (ms === Infinity) this.#timer.disarm();
    else this.#timer.arm(ms, now);
  }
}

function ignore(): void {}

function goneError(cause?: unknown): ProxyError {
  return new ProxyError("client_gone", "Cannot finish the exchange: the client has left", {
    cause,
  });
}
