/**
 * How the end of a message's content is found (RFC 9112 §6.3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Framing, ResponseParser, WireResponseHead } from "@pingo/pingo/core";
 *
 * const head = new WireResponseHead();
 * const bytes = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
 * new ResponseParser().parse(bytes, 0, bytes.length, head);
 * assertEquals(head.framing, Framing.CLOSE);
 * ```
 */
export const Framing = {
  /** There is no content. */
  NONE: 0,
  /** `contentLength` says how long it is. */
  LENGTH: 1,
  /** It is in chunks. */
  CHUNKED: 2,
  /** It ends with the connection; responses only. */
  CLOSE: 3,
} as const;

/** A number of {@linkcode Framing}. */
export type Framing = typeof Framing[keyof typeof Framing];
