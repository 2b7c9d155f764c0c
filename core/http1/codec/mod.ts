/**
 * The codec of HTTP/1.1: heads and chunked content as bytes, without any input or output. It is strict
 * (RFC 9110, RFC 9112: reject, never repair) and makes no objects for a message: heads are an index over
 * the bytes of the connection.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestParser, WireRequestHead, writeRequestHead } from "@pingo/pingo/core";
 *
 * const text = "GET /a HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n";
 * const bytes = new TextEncoder().encode(text);
 * const head = new WireRequestHead();
 * new RequestParser().parse(bytes, 0, bytes.length, head);
 * assertEquals(head.isKeepAlive, false);
 *
 * head.headers.delete("connection");
 * const out = new Uint8Array(1024);
 * const end = writeRequestHead(out, 0, head);
 * const forwarded = new TextDecoder().decode(out.subarray(0, end));
 * assertEquals(forwarded, "GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n");
 * ```
 *
 * @module
 */
export { IndexedHeaders } from "./indexed_headers.ts";
export { fieldBit, KnownField } from "./known_field.ts";
export { Framing } from "./framing.ts";
export { type FaultyMessage, parseError, ParseFault } from "./parse_error.ts";
export { TargetForm, WireRequestHead } from "./wire_request_head.ts";
export { WireResponseHead } from "./wire_response_head.ts";
export { RequestParser, type RequestParserOptions } from "./request_parser.ts";
export { ResponseParser, type ResponseParserOptions } from "./response_parser.ts";
export { ChunkedDecoder, type ChunkedDecoderOptions } from "./chunked_decoder.ts";
export {
  frameChunk,
  MAX_CHUNK_HEADER_BYTES,
  writeChunkHeader,
  writeLastChunk,
  writeTrailers,
} from "./chunked_encoder.ts";
export {
  requestHeadLength,
  responseHeadLength,
  writeRequestHead,
  writeResponseHead,
} from "./head_writer.ts";
export { setContentLength, setFraming } from "./set_framing.ts";
