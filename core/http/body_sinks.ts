import { ProxyError } from "../../errors/mod.ts";
import type { Body } from "./body.ts";

/** Options of {@linkcode readAll} and {@linkcode readText}. */
export interface ReadAllOptions {
  /**
   * More than this is refused: nothing is buffered without a limit.
   *
   * @default {1048576}
   */
  maxBytes?: number;
}

/**
 * Reads a whole body into memory.
 *
 * @throws {ProxyError} `body_too_large` when it has more than `maxBytes`; the body is cancelled then
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { bodyFrom, readAll } from "@pingo/pingo/core";
 *
 * assertEquals((await readAll(bodyFrom("abc"))).byteLength, 3);
 * await assertRejects(() => readAll(bodyFrom("abc"), { maxBytes: 2 }));
 * ```
 */
export async function readAll(
  body: Body,
  options: ReadAllOptions = {},
): Promise<Uint8Array> {
  const { maxBytes = 1_048_576 } = options;
  const parts: Uint8Array[] = [];
  let size = 0;
  if ((body.length ?? 0) > maxBytes) throw tooLarge(body, maxBytes);
  for (
    let chunk = await body.read();
    chunk !== null;
    chunk = await body.read()
  ) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(body, maxBytes);
    parts.push(chunk.slice());
  }
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function tooLarge(body: Body, maxBytes: number): ProxyError {
  const error = new ProxyError(
    "body_too_large",
    `Cannot buffer a body: it has more than ${maxBytes} bytes`,
  );
  body.cancel(error);
  return error;
}

/**
 * Reads a whole body as UTF-8 text.
 *
 * @throws {ProxyError} `body_too_large` when it has more than `maxBytes`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bodyFrom, readText } from "@pingo/pingo/core";
 *
 * assertEquals(await readText(bodyFrom("grüß dich")), "grüß dich");
 * ```
 */
export async function readText(
  body: Body,
  options?: ReadAllOptions,
): Promise<string> {
  return new TextDecoder().decode(await readAll(body, options));
}

/**
 * A body as a web stream. A stream that nobody has touched is handed over as it is; else each pull is
 * one read, so that back-pressure holds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bodyFrom, toReadableStream } from "@pingo/pingo/core";
 *
 * const stream = toReadableStream(bodyFrom("hello"));
 * assertEquals(await new Response(stream).text(), "hello");
 * ```
 */
export function toReadableStream(
  body: Body,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stream = body.takeStream?.() ?? null;
  // Bytes in shared memory do not come from fetch, Deno.serve or a socket.
  if (stream !== null) return stream as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new ReadableStream({
    async pull(controller) {
      const chunk = await body.read();
      if (chunk === null) controller.close();
      // A chunk that is queued must not change under the reader: measured, the data is corrupted else.
      else controller.enqueue(chunk.slice());
    },
    cancel(reason) {
      body.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/**
 * Reads and drops the rest of a body, so that its connection can be used again.
 *
 * @returns the number of bytes that were dropped
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bodyFrom, drain } from "@pingo/pingo/core";
 *
 * assertEquals(await drain(bodyFrom("abc")), 3);
 * ```
 */
export async function drain(body: Body): Promise<number> {
  let bytes = 0;
  for (
    let chunk = await body.read();
    chunk !== null;
    chunk = await body.read()
  ) {
    bytes += chunk.byteLength;
  }
  return bytes;
}
