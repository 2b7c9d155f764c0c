import type { HeaderMap } from "./header_map.ts";

/**
 * The content of a message, read piece by piece, so that it is never in memory as a whole and the
 * reader's pace is the writer's.
 */
export interface Body {
  /** The length in bytes where it is known before the first read (from Content-Length). */
  readonly length?: number;
  /**
   * The next piece, or null at the end. A piece is valid until the next call: who keeps it copies it.
   * One call at a time.
   *
   * Rejects when the content breaks off; it never ends early without saying so.
   */
  read(): Promise<Uint8Array | null>;
  /** Gives the rest up; the sender is told. Harmless after the end and a second time. */
  cancel(reason?: unknown): void;
  /** The trailer fields (RFC 9110 §6.5), known when `read` has given null. */
  readonly trailers?: HeaderMap | null;
  /**
   * All of the content where it lies in memory and nobody has begun to read, else null. Afterwards the
   * body is used up.
   */
  takeBytes?(): Uint8Array | null;
  /**
   * The native stream underneath while nobody has begun to read, else null. Afterwards the body is used
   * up. Between `fetch` and `Deno.serve` the bytes of such a stream never pass through JavaScript.
   */
  takeStream?(): ReadableStream<Uint8Array> | null;
  /**
   * Copies the whole content to `to` from `at` on, where all of it is at hand without waiting, nobody
   * has begun to read, and it fits: then the body is at its end. Else it takes nothing. This is how a
   * small message goes out in one write.
   *
   * @returns how many bytes it copied, or -1
   */
  readInto?(to: Uint8Array, at: number): number;
  /**
   * Reads some of the content right into a buffer: what `read` would give, without the chunk in between.
   * One call at a time, and not while a `read` is on its way.
   *
   * @returns how many bytes, 0 at the end
   */
  readTo?(to: Uint8Array): Promise<number>;
  /** Whether the next read gives its chunk without waiting; undefined where nobody can know. */
  readonly isReady?: boolean;
}
