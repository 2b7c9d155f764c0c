import type { HeaderMap } from "../../http/mod.ts";
import { Framing } from "./framing.ts";
import { IndexedHeaders } from "./indexed_headers.ts";
import { KnownField } from "./known_field.ts";

/**
 * Makes Content-Length and Transfer-Encoding agree with how the content is going to be sent, whatever
 * they said: the one place that decides what the next hop reads. A line that says it already stays where
 * it is. With NONE and CLOSE both fields go; a response without content that may tell a length (to HEAD,
 * or 304) is left alone by not calling this.
 *
 * @param contentLength with LENGTH: how long the content is
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Framing, HeaderList, setFraming } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList({ "content-length": "5", "x-tag": "a" });
 * setFraming(headers, Framing.CHUNKED);
 * assertEquals([...headers], [["x-tag", "a"], ["transfer-encoding", "chunked"]]);
 * ```
 */
export function setFraming(headers: HeaderMap, framing: Framing, contentLength = 0): void {
  if (framing !== Framing.LENGTH) headers.delete("content-length");
  else setContentLength(headers, contentLength);
  if (framing !== Framing.CHUNKED) headers.delete("transfer-encoding");
  else if (headers.get("transfer-encoding") !== "chunked") {
    headers.set("transfer-encoding", "chunked");
  }
}

/**
 * Makes Content-Length say so many bytes. A line that says it already stays where it is; one with other
 * blanks than the usual one is written anew, so that no reader behind sees anything else than a number.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HeaderList, setContentLength } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList({ "content-length": "5", "x-tag": "a" });
 * setContentLength(headers, 6);
 * assertEquals([...headers], [["content-length", "6"], ["x-tag", "a"]]);
 * ```
 */
export function setContentLength(headers: HeaderMap, length: number): void {
  const says = headers instanceof IndexedHeaders
    ? headers.singleLength() === length &&
      headers.isPlain(headers.findKnown(KnownField.CONTENT_LENGTH))
    : headers.get("content-length") === String(length);
  if (!says) headers.set("content-length", String(length));
}
