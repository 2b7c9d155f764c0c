import type { HeaderMap } from "../../http/mod.ts";
import { Framing } from "./framing.ts";
import { IndexedHeaders } from "./indexed_headers.ts";

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
  else if (!saysLength(headers, contentLength)) {
    headers.set("content-length", String(contentLength));
  }
  if (framing !== Framing.CHUNKED) headers.delete("transfer-encoding");
  else if (headers.get("transfer-encoding") !== "chunked") {
    headers.set("transfer-encoding", "chunked");
  }
}

function saysLength(headers: HeaderMap, contentLength: number): boolean {
  if (headers instanceof IndexedHeaders) return headers.singleLength() === contentLength;
  return headers.get("content-length") === String(contentLength);
}
