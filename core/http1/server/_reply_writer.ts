import { ProxyError } from "../../../errors/mod.ts";
import {
  type Body,
  hasNoContent,
  httpDate,
  type Reply,
  type ServerExchange,
  type Tunnel,
  untilCancelled,
} from "../../http/mod.ts";
import { giveLarge, takeLarge } from "../_buffers.ts";
import { viewTo } from "../_views.ts";
import {
  MAX_CHUNK_HEADER_BYTES,
  responseHeadLength,
  setContentLength,
  type WireRequestHead,
  writeChunkHeader,
  writeLastChunk,
  writeResponseHead,
} from "../codec/mod.ts";

const encoder = new TextEncoder();
const CRLF = encoder.encode("\r\n");
const CLOSE_LINE = encoder.encode("connection: close\r\n");
const CHUNKED_LINE = encoder.encode("transfer-encoding: chunked\r\n");
/** What is around the data of a chunk. */
const CHUNK_FRAME = MAX_CHUNK_HEADER_BYTES + 2;
/** The last chunk without trailers. */
const LAST_CHUNK_BYTES = 5;
/** A read of large content into less room is not worth its call. */
const MIN_READ = 16_384;
/** So many turns of the queue of promises pass until a read is through that the system has answered at once. */
const TURNS = 8;

/** The Date line that was made last; the same for all connections. */
let lastDate = "";
let lastDateLine = new Uint8Array(0);

/** The Date line of a response that has none (RFC 9110 §6.6.1), made once a second. */
function dateLine(epochMs: number): Uint8Array {
  const text = httpDate(epochMs);
  if (text !== lastDate) {
    lastDate = text;
    lastDateLine = encoder.encode(`date: ${text}\r\n`);
  }
  return lastDateLine;
}

/** What a reply needs of its connection. */
export interface ReplySink {
  /** The head of the request. */
  readonly head: WireRequestHead;
  /** Writes bytes within the time that the client has to take them. */
  write(bytes: Uint8Array): Promise<void>;
  /** Passes bytes between the client and a tunnel; gives how many went to the client. */
  relay(tunnel: Tunnel, exchange: ServerExchange): Promise<number>;
}

/** Writes one reply: head and small content in one piece, the rest as it comes. */
export class ReplyWriter {
  readonly #connection: ReplySink;
  readonly #exchange: ServerExchange;
  readonly #reply: Reply;
  #out: Uint8Array | null = null;
  #at = 0;
  #body: Body | null = null;
  #length = -1;
  #isChunked = false;
  sentBytes = 0;
  /** The bytes of the whole reply, where it is short and at hand. */
  whole: Uint8Array | null = null;
  /** Whether the connection can go on behind the reply. */
  isKept = false;

  constructor(connection: ReplySink, exchange: ServerExchange, reply: Reply) {
    this.#connection = connection;
    this.#exchange = exchange;
    this.#reply = reply;
  }

  /**
   * Puts the head down, and behind it content that is short and at hand: all without waiting, since an
   * async function costs a kilobyte and most replies need none. Then `whole` is to be written, or where
   * it is null {@linkcode ReplyWriter.run} has to be called.
   */
  begin(mayKeepAlive: boolean): void {
    const reply = this.#reply;
    const { head } = this.#connection;
    const { headers, status, tunnel } = reply;
    if (tunnel === undefined) checkFinal(head, status);
    else checkSwitch(head, status);
    const noContent = hasNoContent(head.method, status);
    if (noContent && reply.body !== null) reply.body.cancel();
    const body = noContent ? null : reply.body;
    this.isKept = mayKeepAlive && tunnel === undefined && !asksToClose(reply);
    if (tunnel === undefined) {
      headers.delete("connection");
      headers.delete("upgrade");
    }
    headers.delete("transfer-encoding");
    if (tunnel !== undefined) {
      // RFC 9110 §9.3.6
      headers.delete("content-length");
      return;
    }
    if (noContent) {
      // HEAD and 304 may tell the length that a GET would have (RFC 9110 §8.6), if it is one; 204 must not.
      const declared = status === 204 ? -1 : declaredLength(reply);
      if (declared < 0) headers.delete("content-length");
      else setContentLength(headers, declared);
      if (status === 205) headers.set("content-length", "0");
    } else this.#frame(body);
    const out = this.#out = takeLarge();
    this.#at = this.#writeHead(out);
    if (body === null || this.#length === 0) {
      body?.cancel();
      this.whole = viewTo(out, this.#at);
      return;
    }
    const whole = this.#length > 0 && body.readInto ? body.readInto(out, this.#at) : -1;
    if (whole >= 0) {
      if (whole !== this.#length) {
        throw new TypeError("Cannot send a reply: its length is another");
      }
      this.sentBytes = whole;
      this.whole = viewTo(out, this.#at += whole);
      return;
    }
    this.#body = body;
  }

  /** Writes what {@linkcode ReplyWriter.begin} did not put down as a whole. */
  async run(): Promise<void> {
    const { tunnel } = this.#reply;
    const body = this.#body;
    const out = this.#out;
    if (tunnel !== undefined) await this.#tunnel(tunnel);
    else if (body !== null && out !== null) {
      this.#out = null;
      await this.#stream(
        this.#isChunked
          ? this.#sendChunked(body, out, this.#at)
          : this.#length >= 0 && body.readTo !== undefined
          ? this.#sendCounted(body, body.readTo.bind(body), out)
          : this.#sendPlain(body, this.#length, out, this.#at),
        out,
      );
    }
  }

  /** Gives the buffer back: nothing is written from it any more. */
  release(): void {
    if (this.#out !== null) giveLarge(this.#out);
    this.#out = null;
  }

  /** Decides how the end of the content is told (RFC 9112 §6). */
  #frame(body: Body | null): void {
    const reply = this.#reply;
    this.#length = body === null ? 0 : body.length ?? declaredLength(reply);
    if (this.#length >= 0) return setContentLength(reply.headers, this.#length);
    reply.headers.delete("content-length");
    this.#isChunked = this.#connection.head.version === "1.1";
    if (!this.#isChunked) this.isKept = false;
  }

  async #tunnel(tunnel: Tunnel): Promise<void> {
    const out = this.#out = takeLarge();
    await this.#connection.write(out.subarray(0, this.#writeHead(out)));
    this.release();
    this.sentBytes = await this.#connection.relay(tunnel, this.#exchange);
  }

  /** Waits until content has been sent, but no longer than the exchange goes on: a source may be silent. */
  #stream(sending: Promise<void>, out: Uint8Array): Promise<void> {
    const { cancel } = this.#exchange;
    // A read that is given up may still go on with the buffer.
    const sent = sending.finally(() => giveLarge(out));
    // What was cancelled before is what this reply tells of.
    return cancel.cancelled ? sent : untilCancelled(sent, cancel);
  }

  #writeHead(out: Uint8Array): number {
    const reply = this.#reply;
    if (responseHeadLength(reply) + 256 > out.byteLength) {
      throw new ProxyError("internal", "Cannot send a reply: its head is larger than 64 KiB");
    }
    // The empty line that ends the head is written again behind the lines of this hop.
    let at = writeResponseHead(out, 0, reply) - CRLF.byteLength;
    if (!reply.headers.has("date")) at = append(dateLine(this.#exchange.clock.epoch()), out, at);
    if (this.#isChunked) at = append(CHUNKED_LINE, out, at);
    if (reply.tunnel === undefined && !this.isKept) at = append(CLOSE_LINE, out, at);
    this.#exchange.begin(reply);
    return append(CRLF, out, at);
  }

  /**
   * Sends content of a known length, read right behind what waits to be written. What is there at once, as
   * of a large answer nearly all is, fills the buffer and goes out in one write; nothing waits for more.
   */
  async #sendCounted(
    body: Body,
    readTo: (to: Uint8Array) => Promise<number>,
    out: Uint8Array,
  ): Promise<void> {
    const length = this.#length;
    let from = 0;
    let at = this.#at;
    let reading: Promise<number> | null = null;
    let failure: unknown;
    const failed = (error: unknown): number => {
      failure = error;
      return -1;
    };
    // A head whose content is not at hand goes first: an event stream may be silent for long.
    let isWaiting = body.isReady === true;
    try {
      while (this.sentBytes < length) {
        if (from < at && !isWaiting) {
          await this.#connection.write(out.subarray(from, at));
          from = at;
        }
        if (at > out.byteLength - MIN_READ) {
          if (from < at) await this.#connection.write(out.subarray(from, at));
          from = at = 0;
        }
        reading = readTo(out.subarray(at));
        if (from < at && !await isAtOnce(reading)) {
          await this.#connection.write(out.subarray(from, at));
          from = at;
        }
        const count = await reading.catch(failed);
        reading = null;
        if (count <= 0) break;
        isWaiting = true;
        at += count;
        this.sentBytes += count;
      }
      if (this.sentBytes < length) failure ??= wrongLength("shorter");
      else if (this.sentBytes > length || (body.length !== length && await readTo(out) > 0)) {
        throw wrongLength("longer");
      }
      // What came before the content broke off is the client's.
      if (from < at) await this.#connection.write(out.subarray(from, at));
      if (failure !== undefined) throw failure;
    } catch (error) {
      if (reading !== null) {
        // It goes on with the buffer.
        body.cancel(error);
        await reading.catch(() => {});
      }
      throw error;
    }
  }

  async #sendPlain(body: Body, length: number, out: Uint8Array, at: number): Promise<void> {
    // A head whose content is not at hand goes first: an event stream may be silent for long.
    let waiting = body.isReady === true ? at : 0;
    if (waiting === 0) await this.#connection.write(out.subarray(0, at));
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      this.sentBytes += chunk.byteLength;
      if (length >= 0 && this.sentBytes > length) {
        throw wrongLength("longer");
      }
      if (waiting > 0 && waiting + chunk.byteLength <= out.byteLength) {
        out.set(chunk, waiting);
        await this.#connection.write(out.subarray(0, waiting + chunk.byteLength));
      } else {
        if (waiting > 0) await this.#connection.write(out.subarray(0, waiting));
        await this.#connection.write(chunk);
      }
      waiting = 0;
    }
    if (waiting > 0) await this.#connection.write(out.subarray(0, waiting));
    if (length >= 0 && this.sentBytes < length) {
      throw wrongLength("shorter");
    }
  }

  async #sendChunked(body: Body, out: Uint8Array, headEnd: number): Promise<void> {
    let at = headEnd;
    if (body.isReady !== true) {
      await this.#connection.write(out.subarray(0, at));
      at = 0;
    }
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      this.sentBytes += chunk.byteLength;
      for (let from = 0; from < chunk.byteLength;) {
        if (out.byteLength - at <= CHUNK_FRAME) {
          await this.#connection.write(out.subarray(0, at));
          at = 0;
        }
        const size = Math.min(chunk.byteLength - from, out.byteLength - at - CHUNK_FRAME);
        at = writeChunkHeader(out, at, size);
        out.set(size === chunk.byteLength ? chunk : chunk.subarray(from, from + size), at);
        at = append(CRLF, out, at + size);
        from += size;
        if (from < chunk.byteLength || body.isReady !== true) {
          await this.#connection.write(out.subarray(0, at));
          at = 0;
        }
      }
    }
    const trailers = body.trailers ?? null;
    let endBytes = LAST_CHUNK_BYTES;
    if (trailers !== null) {
      for (const [name, value] of trailers) endBytes += name.length + value.length + 4;
    }
    if (endBytes > out.byteLength) {
      throw new ProxyError("internal", "Cannot send trailers: they are larger than 64 KiB");
    }
    if (at + endBytes > out.byteLength) {
      await this.#connection.write(out.subarray(0, at));
      at = 0;
    }
    at = writeLastChunk(out, at, trailers);
    await this.#connection.write(out.subarray(0, at));
  }
}

function wrongLength(state: "shorter" | "longer"): TypeError {
  return new TypeError(`Cannot send a reply: its content is ${state} than its length`);
}

/** Whether a promise settles without anything having to come from outside. */
async function isAtOnce(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  promise.then(settled, settled);
  for (let turn = 0; turn < TURNS && !isSettled; turn++) await undefined;
  return isSettled;
}

function append(bytes: Uint8Array, to: Uint8Array, at: number): number {
  to.set(bytes, at);
  return at + bytes.byteLength;
}

/**
 * An interim response is not an answer, whatever comes next would be taken for it; and behind a 2xx to
 * CONNECT a client sends no requests any more (RFC 9110 §15.2, §9.3.6).
 */
function checkFinal(head: WireRequestHead, status: number): void {
  if (status < 200) {
    throw new TypeError(
      `Cannot send a reply: the status ${status} is interim, and there is no tunnel`,
    );
  }
  if (head.method === "CONNECT" && status < 300) {
    throw new ProxyError("not_implemented", "Cannot answer CONNECT: the reply has no tunnel");
  }
}

/** A tunnel begins where the client has asked for one (RFC 9110 §7.8, §9.3.6). */
function checkSwitch(head: WireRequestHead, status: number): void {
  const isAskedFor = head.method === "CONNECT" ? status >= 200 && status < 300 : head.isUpgrade;
  if (!isAskedFor || (head.method !== "CONNECT" && status !== 101)) {
    throw new TypeError(`Cannot begin a tunnel: the client has not asked for one with a ${status}`);
  }
}

/** Whether a handler wants the connection to end with its reply. */
function asksToClose(reply: Reply): boolean {
  const connection = reply.headers.get("connection");
  return connection !== null && /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(connection);
}

/** The Content-Length that a handler wrote for a body that does not know its own; -1 without. */
function declaredLength(reply: Reply): number {
  const length = reply.headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : -1;
}
