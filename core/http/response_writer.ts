import { ProxyError } from "../../errors/mod.ts";
import type { Body } from "./body.ts";
import type { ServerExchange } from "./exchange.ts";
import { hasNoContent } from "./has_no_content.ts";
import type { Reply } from "./reply.ts";
import {
  checkExpressible,
  checkLength,
  declaredLength,
  emptySource,
  webHeaders,
} from "./_web_response.ts";

/** What has been learnt of the server underneath. */
export interface Platform {
  /**
   * Whether the signal of a request fires only when the client has left (`no-legacy-abort`), not on
   * success too. Proven by the first exchange that completes in silence.
   */
  isAbortGenuine: boolean;
}

/** What {@linkcode ResponseWriter} needs. */
export interface ResponseWriterOptions {
  exchange: ServerExchange;
  platform: Platform;
  /** The signal of the web request. */
  signal: AbortSignal;
  /** Settles when the response has been sent, where the server tells. */
  completed: Promise<void> | undefined;
}

/**
 * Turns the reply of one exchange into a web `Response`, and finds out how the exchange ends from three
 * witnesses: the end of the body, the signal of the request, and `completed`.
 */
export class ResponseWriter {
  readonly #exchange: ServerExchange;
  readonly #platform: Platform;
  readonly #signal: AbortSignal;
  readonly #completed: Promise<void> | undefined;
  /** The body while it passes through JavaScript and has not ended. */
  #body: Body | null = null;
  #isHandedOver = false;
  #isNative = false;
  #wasAborted = false;
  /** -1 while a native stream hides it. */
  #sentBytes = 0;

  constructor(options: ResponseWriterOptions) {
    this.#exchange = options.exchange;
    this.#platform = options.platform;
    this.#signal = options.signal;
    this.#completed = options.completed;
    if (this.#signal.aborted) this.#onAbort();
    else this.#signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Makes the response; afterwards the exchange ends by itself.
   *
   * @throws {RangeError | TypeError} when the web has no form for the reply; another one may be written
   */
  write(reply: Reply): Response {
    const exchange = this.#exchange;
    // Before the body is touched, so that who is told of the failure can still cancel it.
    checkExpressible(reply);
    // Deno sends a 205 over HTTP/1.1 without any framing, which clients wait on (measured); 204 says as
    // much to them.
    if (reply.status === 205) reply.status = 204;
    const noContent = hasNoContent(exchange.request.method, reply.status);
    if (noContent || this.#wasAborted) reply.body?.cancel(exchange.cancel.reason);
    if (this.#wasAborted) {
      this.#end(ProxyError.from(exchange.cancel.reason, "client_gone"));
      // Nobody reads it.
      return new Response(null, { status: 503 });
    }
    const headers = webHeaders(reply, exchange.request.method);
    const source = noContent
      ? emptySource(exchange.request.method, reply, headers)
      : this.#source(reply.body, headers);
    const response = new Response(source, {
      status: reply.status,
      statusText: reply.reason,
      headers,
    });
    exchange.begin(reply);
    this.#isHandedOver = true;
    if (this.#completed !== undefined) {
      this.#completed.then(this.#onCompleted, this.#onBroken);
    } else if (this.#body === null) this.#end(null);
    return response;
  }

  /** What the server gets to send: nothing, bytes, a native stream, or a stream of reads. */
  #source(body: Body | null, headers: Headers): BodyInit | null {
    if (body === null) return null;
    const bytes = body.takeBytes?.() ?? null;
    if (bytes !== null) {
      this.#sentBytes = bytes.byteLength;
      // Bytes in shared memory do not come from fetch, Deno.serve or a socket.
      return bytes as Uint8Array<ArrayBuffer>;
    }
    const canTellEnd = this.#platform.isAbortGenuine &&
      this.#completed !== undefined;
    const stream = canTellEnd ? body.takeStream?.() ?? null : null;
    if (stream !== null) {
      this.#isNative = true;
      this.#sentBytes = -1;
      return stream as ReadableStream<Uint8Array<ArrayBuffer>>;
    }
    this.#body = body;
    return this.#readStream(body, declaredLength(headers));
  }

  /** One read for each pull: the client's pace is the body's. */
  #readStream(body: Body, declared: number): ReadableStream<Uint8Array> {
    const { cancel } = this.#exchange;
    return new ReadableStream({
      start: (controller) => {
        // What was cancelled before is what this reply tells of.
        if (cancel.cancelled) return;
        cancel.onCancel((reason) => this.#break(reason, controller));
      },
      pull: async (controller) => {
        try {
          const chunk = await body.read();
          if (this.#body !== null) this.#pass(chunk, declared, controller);
        } catch (cause) {
          this.#break(ProxyError.from(cause, "upstream_body_broken"), controller);
        }
      },
      cancel: () => {
        // The server stops reading when the client has left, and after it was given an error.
        if (this.#body !== null) this.#leave();
      },
    }, { highWaterMark: 0 });
  }

  #pass(
    chunk: Uint8Array | null,
    declared: number,
    controller: ReadableStreamDefaultController,
  ): void {
    if (declared >= 0) checkLength(this.#sentBytes, chunk, declared);
    if (chunk !== null) {
      this.#sentBytes += chunk.byteLength;
      // A queued chunk must not change under its reader: measured, the data is corrupted else.
      controller.enqueue(chunk.slice());
      return;
    }
    this.#body = null;
    controller.close();
    if (this.#completed === undefined) this.#end(null);
  }

  /** The stream's error makes the server cut the connection: the client sees that it is incomplete. */
  #break(reason: unknown, controller: ReadableStreamDefaultController): void {
    const body = this.#body;
    if (body === null) return;
    this.#body = null;
    body.cancel(reason);
    controller.error(reason);
    this.#end(ProxyError.from(reason));
  }

  readonly #onAbort = (): void => {
    if (!this.#isHandedOver || this.#body !== null || this.#isNative) {
      this.#leave();
    }
  };

  #leave(): void {
    if (this.#wasAborted) return;
    this.#wasAborted = true;
    const gone = new ProxyError(
      "client_gone",
      "Cannot finish the response: the client has left",
    );
    const body = this.#body;
    this.#body = null;
    this.#exchange.abort(gone);
    body?.cancel(gone);
    if (!this.#isHandedOver) return;
    this.#end(gone);
  }

  readonly #onCompleted = (): void => {
    if (!this.#signal.aborted) this.#platform.isAbortGenuine = true;
    this.#end(null);
  };

  readonly #onBroken = (cause: unknown): void => {
    this.#end(
      new ProxyError("client_gone", "Cannot finish the response: it was cut", {
        cause,
      }),
    );
  };

  #end(error: ProxyError | null): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#exchange.end(error, this.#sentBytes);
  }
}
