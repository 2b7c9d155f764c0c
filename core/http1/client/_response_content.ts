import type { Body } from "../../http/mod.ts";
import { type ChunkedDecoder, Framing } from "../codec/mod.ts";
import { HeldContent } from "./_held_content.ts";
import type { ResponseSlot } from "./_response_slot.ts";
import { type ContentSource, StreamedContent } from "./_streamed_content.ts";

/** `0`, CRLF, CRLF: how chunked content without trailers ends. */
const LAST_CHUNK = [48, 13, 10, 13, 10];

/**
 * The content of the response in a slot, which starts at `at`. Where all of it is there, the source is
 * told of its end before anybody reads.
 *
 * @param decoder ready for content in chunks; null for any other
 * @throws {ProxyError} `bad_response` when a chunk is malformed
 */
export function responseContent(
  source: ContentSource,
  slot: ResponseSlot,
  at: number,
  decoder: ChunkedDecoder | null,
): Body | null {
  const { buffer: bytes, end, head: { framing, contentLength } } = slot;
  if (framing === Framing.NONE || contentLength === 0) {
    source.contentEnded(at === end);
    return null;
  }
  if (framing === Framing.LENGTH && end - at >= contentLength) {
    source.contentEnded(end - at === contentLength);
    return new HeldContent(bytes, at, at + contentLength, null);
  }
  const length = framing === Framing.LENGTH ? contentLength : -1;
  const content = new StreamedContent(source, { bytes, start: at, end, length, decoder });
  if (decoder === null || !endsWithLastChunk(bytes, end)) return content;
  return content.held(decoder) ?? content;
}

/** Whether it pays to look for the end of the content here. */
function endsWithLastChunk(bytes: Uint8Array, end: number): boolean {
  for (let i = 0; i < LAST_CHUNK.length; i++) {
    if (bytes[end - LAST_CHUNK.length + i] !== LAST_CHUNK[i]) return false;
  }
  return true;
}
