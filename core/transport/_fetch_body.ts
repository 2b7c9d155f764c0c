import { ProxyError } from "../../errors/mod.ts";
import type { TimerWheel } from "../../timeout/mod.ts";
import { type Body, bodyFrom } from "../http/mod.ts";

/** What {@linkcode FetchBody} needs. */
export interface FetchBodyOptions {
  /** Aborts the fetch. */
  abort: (reason: unknown) => void;
  /** Takes the listener for cancellation back. */
  forget: () => void;
  bodyTimeoutMs: number | undefined;
  wheel: TimerWheel;
  length: number | undefined;
}

/** The content of a fetched response: each read bounded in time, its end and failure told. */
export class FetchBody implements Body {
  readonly length?: number;
  readonly #body: Body;
  readonly #options: FetchBodyOptions;
  #timeout: ProxyError | null = null;
  #done = false;

  constructor(stream: ReadableStream<Uint8Array>, options: FetchBodyOptions) {
    this.length = options.length;
    this.#body = bodyFrom(stream, { length: options.length });
    this.#options = options;
  }

  async read(): Promise<Uint8Array | null> {
    const { bodyTimeoutMs, wheel } = this.#options;
    const timer = bodyTimeoutMs === undefined ? null : wheel.timer(() => {
      this.#timeout = new ProxyError(
        "upstream_body_timeout",
        `Cannot read the response body: nothing came for ${bodyTimeoutMs} ms`,
      );
      this.#options.abort(this.#timeout);
    });
    timer?.arm(bodyTimeoutMs ?? 0);
    try {
      const chunk = await this.#body.read();
      if (chunk === null) this.#finish();
      return chunk;
    } catch (cause) {
      this.#finish();
      if (this.#timeout !== null) throw this.#timeout;
      if (cause instanceof ProxyError) throw cause;
      throw new ProxyError(
        "upstream_body_broken",
        "Cannot read the response body: it broke off",
        { cause },
      );
    } finally {
      timer?.disarm();
    }
  }

  /** The native stream; nobody watches its pace then, so it is given only when nobody is asked to. */
  takeStream(): ReadableStream<Uint8Array> | null {
    if (this.#options.bodyTimeoutMs !== undefined) return null;
    return this.#body.takeStream?.() ?? null;
  }

  cancel(reason?: unknown): void {
    if (this.#done) return;
    this.#finish();
    this.#body.cancel(reason);
    // Measured: cancelling the stream alone leaves the connection open until the upstream is done.
    this.#options.abort(reason);
  }

  #finish(): void {
    this.#done = true;
    this.#options.forget();
  }
}
