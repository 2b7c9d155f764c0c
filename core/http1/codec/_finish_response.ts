import type { FieldSectionParser } from "./_field_section.ts";
import { CLOSE, KEEP_ALIVE, UPGRADE } from "./_field_values.ts";
import { connectionOptions, readFraming } from "./_message_framing.ts";
import { Framing } from "./framing.ts";
import { KnownField } from "./known_field.ts";
import type { WireResponseHead } from "./wire_response_head.ts";

const CONNECTION_BIT = 1 << KnownField.CONNECTION;
const UPGRADE_BIT = 1 << KnownField.UPGRADE;

/** Decides what a complete head means for the answer to `method`: framing and connection. 0 or a fault. */
export function finishResponse(
  bytes: Uint8Array,
  section: FieldSectionParser,
  head: WireResponseHead,
  method: string,
): number {
  const fields = head.fields = section.fields;
  const isHttp10 = head.version === "1.0";
  head.framing = Framing.CLOSE;
  head.contentLength = -1;
  const { status } = head;
  // RFC 9110 §9.3.6: behind a successful answer to CONNECT lies a tunnel; what its fields say of content
  // is ignored. Else they are checked even where there is no content: they are handed on.
  const isTunnel = method === "CONNECT" && status >= 200 && status < 300;
  const fault = isTunnel ? 0 : readFraming(bytes, section, head, isHttp10);
  if (fault < 0) return fault;
  const options = (fields & CONNECTION_BIT) === 0
    ? 0
    : connectionOptions(bytes, section, head.headers);
  head.isKeepAlive = (options & CLOSE) === 0 && (!isHttp10 || (options & KEEP_ALIVE) !== 0);
  head.isUpgrade = (fields & UPGRADE_BIT) !== 0 && (options & UPGRADE) !== 0 && !isHttp10;

  const isEmpty = status < 200 || status === 204;
  if (isEmpty && head.contentLength !== 0 && head.framing !== Framing.CLOSE) {
    // RFC 9112 §6.1, RFC 9110 §8.6: must not announce content, so what follows is not to be trusted.
    head.isKeepAlive = false;
  }
  // RFC 9112 §6.3: these end with the head, whatever its fields say.
  if (isEmpty || status === 304 || method === "HEAD" || isTunnel) {
    head.framing = Framing.NONE;
    head.contentLength = 0;
  }
  if (head.framing === Framing.CLOSE) head.isKeepAlive = false;
  return 0;
}
