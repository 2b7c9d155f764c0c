import { ProxyError } from "../../errors/mod.ts";
import type { Body } from "./body.ts";
import type { ServerExchange } from "./exchange.ts";
import type { Reply } from "./reply.ts";

/**
 * Whether a response has no content whatever its fields say (RFC 9110 §6.4.1; 205 by §15.3.6).
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { hasNoContent } from "@pingo/pingo/core";
 *
 * assert(hasNoContent("HEAD", 200));
 * assert(hasNoContent("GET", 304));
 * assertFalse(hasNoContent("GET", 404));
 * ```
 */
export function hasNoContent(method: string, status: number): boolean {
  return method === "HEAD" || status < 200 || status === 204 ||
    status === 205 || status === 304;
}

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

  /** Makes the response; afterwards the exchange ends by itself. */
  write(reply: Reply): Response {
    const exchange = this.#exchange;
    const noContent = hasNoContent(exchange.request.method, reply.status);
    if (noContent || exchange.cancel.cancelled) {
      reply.body?.cancel(exchange.cancel.reason);
    }
    if (exchange.cancel.cancelled && this.#wasAborted) {
      this.#end(ProxyError.from(exchange.cancel.reason, "client_gone"));
      // Nobody reads it.
      return new Response(null, { status: 503 });
    }
    const body = noContent ? null : reply.body;
    const headers = headersOf(reply, body);
    exchange.begin(reply);
    this.#isHandedOver = true;
    const response = new Response(this.#source(body, headers), {
      status: reply.status,
      statusText: reply.reason,
      headers,
    });
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
      this.#sentBytes = Number(headers.get("content-length") ?? -1);
      return stream as ReadableStream<Uint8Array<ArrayBuffer>>;
    }
    this.#body = body;
    return new ReadableStream({
      pull: (controller) => this.#pull(body, controller),
      cancel: () => {
        // The server stops reading when the client has left, and after it was given an error.
        if (this.#body !== null) this.#leave();
      },
    }, { highWaterMark: 0 });
  }

  async #pull(
    body: Body,
    controller: ReadableStreamDefaultController,
  ): Promise<void> {
    let chunk: Uint8Array | null;
    try {
      chunk = await body.read();
    } catch (cause) {
      if (this.#body === null) return;
      this.#body = null;
      // The stream's error makes the server cut the connection: the client sees that it is incomplete.
      controller.error(cause);
      this.#end(ProxyError.from(cause, "upstream_body_broken"));
      return;
    }
    if (this.#body === null) return;
    if (chunk === null) {
      this.#body = null;
      controller.close();
      if (this.#completed === undefined) this.#end(null);
      return;
    }
    this.#sentBytes += chunk.byteLength;
    // A queued chunk must not change under its reader: measured, the data is corrupted else.
    controller.enqueue(chunk.slice());
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
    if (this.#isNative) this.#sentBytes = -1;
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

function headersOf(reply: Reply, body: Body | null): Headers {
  const headers = new Headers();
  for (const [name, value] of reply.headers) headers.append(name, value);
  // The engine below frames the message itself.
  headers.delete("transfer-encoding");
  if (body?.length !== undefined && !headers.has("content-length")) {
    headers.set("content-length", String(body.length));
  }
  return headers;
}
