import { ExpectedLength } from "./_expected_length.ts";
import type { Body } from "./body.ts";
import type { HeaderMap } from "./header_map.ts";

const encoder = new TextEncoder();

/** What {@linkcode bodyFrom} can make a body of. */
export type BodySource =
  | string
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Options of {@linkcode bodyFrom}. */
export interface BodyFromOptions {
  /** The length of a stream or iterable, where the caller knows it; a body that differs is an error. */
  length?: number;
  /** Trailer fields to be sent after the content. */
  trailers?: HeaderMap;
}

/**
 * Makes a body out of a text, bytes, a stream or any async iterable of bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bodyFrom, readText } from "@pingo/pingo/core";
 *
 * const body = bodyFrom("hello");
 * assertEquals(body.length, 5);
 * assertEquals(await readText(body), "hello");
 * ```
 */
export function bodyFrom(
  source: BodySource,
  options: BodyFromOptions = {},
): Body {
  const { length, trailers = null } = options;
  if (typeof source === "string") {
    return new BytesBody(encoder.encode(source), trailers);
  }
  if (source instanceof Uint8Array) return new BytesBody(source, trailers);
  if (source instanceof ReadableStream) {
    return new StreamBody(source, length, trailers);
  }
  return new IterableBody(source, length, trailers);
}

/** A body that lies in memory already. */
class BytesBody implements Body {
  readonly length: number;
  readonly trailers: HeaderMap | null;
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array, trailers: HeaderMap | null) {
    this.length = bytes.byteLength;
    this.#bytes = bytes.byteLength === 0 ? null : bytes;
    this.trailers = trailers;
  }

  read(): Promise<Uint8Array | null> {
    return Promise.resolve(this.takeBytes());
  }

  takeBytes(): Uint8Array | null {
    const bytes = this.#bytes;
    this.#bytes = null;
    return bytes;
  }

  readInto(to: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    if (bytes === null || to.byteLength - at < bytes.byteLength) return -1;
    to.set(bytes, at);
    this.#bytes = null;
    return bytes.byteLength;
  }

  cancel(): void {
    this.#bytes = null;
  }
}

/** A body over a web stream. */
class StreamBody implements Body {
  readonly length?: number;
  readonly trailers: HeaderMap | null;
  #stream: ReadableStream<Uint8Array> | null;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  readonly #expected: ExpectedLength;

  constructor(
    stream: ReadableStream<Uint8Array>,
    length: number | undefined,
    trailers: HeaderMap | null,
  ) {
    this.#stream = stream;
    this.length = length;
    this.#expected = new ExpectedLength(length);
    this.trailers = trailers;
  }

  takeStream(): ReadableStream<Uint8Array> | null {
    if (this.#reader !== null) return null;
    const stream = this.#stream;
    this.#stream = null;
    return stream;
  }

  async read(): Promise<Uint8Array | null> {
    const stream = this.#stream;
    if (stream === null) return null;
    const reader = this.#reader ??= stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        // Cancelled while it waited: then it has not ended too early.
        if (this.#stream !== null) this.#expected.end();
        this.#stream = null;
        return null;
      }
      if (value.byteLength === 0) continue;
      try {
        this.#expected.take(value.byteLength);
      } catch (error) {
        this.cancel(error);
        throw error;
      }
      return value;
    }
  }

  cancel(reason?: unknown): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    // A cancel that fails has nobody to tell: the reader has gone.
    (this.#reader ?? stream).cancel(reason).catch(noop);
  }
}

/** A body over an async iterable, such as an async generator. */
class IterableBody implements Body {
  readonly length?: number;
  readonly trailers: HeaderMap | null;
  #iterator: AsyncIterator<Uint8Array> | null;
  #failure: { readonly error: unknown } | null = null;
  readonly #expected: ExpectedLength;

  constructor(
    source: AsyncIterable<Uint8Array>,
    length: number | undefined,
    trailers: HeaderMap | null,
  ) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.length = length;
    this.#expected = new ExpectedLength(length);
    this.trailers = trailers;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#iterator !== null) {
      const { done, value } = await this.#next(this.#iterator);
      if (this.#iterator === null) break;
      if (done) {
        this.#iterator = null;
        this.#expected.end();
      } else if (value.byteLength > 0) {
        try {
          this.#expected.take(value.byteLength);
        } catch (error) {
          this.cancel();
          throw error;
        }
        return value;
      }
    }
    return null;
  }

  /** A generator that has thrown says that it is done from then on; this says what it threw. */
  async #next(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    if (this.#failure !== null) throw this.#failure.error;
    try {
      return await iterator.next();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  cancel(): void {
    const iterator = this.#iterator;
    this.#iterator = null;
    iterator?.return?.()?.catch(noop);
  }
}

function noop(): void {}
