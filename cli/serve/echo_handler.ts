import { type Body, type Handler, reply, type RequestHead } from "../../core/mod.ts";

/**
 * Answers each request with what it said: method, target, header fields, content. The content streams, so
 * that its size does not matter.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toFetch } from "@pingo/pingo/core";
 * import { echoHandler } from "@pingo/pingo/cli";
 *
 * const fetch = toFetch(echoHandler());
 * const response = await fetch(
 *   new Request("http://localhost/a?b", { method: "POST", body: "hello" }),
 * );
 * const lines = (await response.text()).split("\n");
 * assertEquals([lines[0], lines.at(-1)], ["POST /a?b HTTP/1.1", "hello"]);
 * ```
 */
export function echoHandler(): Handler {
  return ({ request, body }) => {
    const head = headBytes(request);
    return reply(200, body === null ? head : new EchoBody(head, body), { headers: HEADERS });
  };
}

const HEADERS = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  // What a stranger sent must not run as a script of this host.
  "x-content-type-options": "nosniff",
};

/** Strings of a head hold one byte a character: as bytes again, UTF-8 in them is readable. */
function headBytes({ method, target, version, headers }: RequestHead): Uint8Array {
  let text = `${method} ${target} HTTP/${version}\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\n`;
  return Uint8Array.from(`${text}\n`, (character) => character.charCodeAt(0));
}

/** Some bytes, then a body. */
class EchoBody implements Body {
  readonly length?: number;
  readonly #body: Body;
  #head: Uint8Array | null;

  constructor(head: Uint8Array, body: Body) {
    this.#head = head;
    this.#body = body;
    if (body.length !== undefined) this.length = head.byteLength + body.length;
  }

  read(): Promise<Uint8Array | null> {
    const head = this.#head;
    if (head === null) return this.#body.read();
    this.#head = null;
    return Promise.resolve(head);
  }

  cancel(reason?: unknown): void {
    this.#head = null;
    this.#body.cancel(reason);
  }
}
