import { isText } from "./_bytes.ts";
import type { FieldSectionParser } from "./_field_section.ts";
import { CLOSE, UPGRADE } from "./_field_values.ts";
import { connectionOptions, readFraming } from "./_message_framing.ts";
import { finishTarget } from "./_request_target.ts";
import { Framing } from "./framing.ts";
import { KnownField } from "./known_field.ts";
import { ParseFault } from "./parse_error.ts";
import type { WireRequestHead } from "./wire_request_head.ts";

const CONNECTION_BIT = 1 << KnownField.CONNECTION;
const EXPECT_BIT = 1 << KnownField.EXPECT;
const UPGRADE_BIT = 1 << KnownField.UPGRADE;
const FRAMING_BITS = 1 << KnownField.CONTENT_LENGTH | 1 << KnownField.TRANSFER_ENCODING;

/** Decides what a complete head means: form of the target, Host, framing, connection. 0 or a fault. */
export function finishRequest(
  bytes: Uint8Array,
  base: number,
  section: FieldSectionParser,
  head: WireRequestHead,
): number {
  const fields = head.fields = section.fields;
  const isHttp10 = head.version === "1.0";
  const targetFault = finishTarget(bytes, base, section, head);
  if (targetFault < 0) return targetFault;

  head.framing = Framing.NONE;
  head.contentLength = 0;
  if ((fields & FRAMING_BITS) !== 0) {
    const fault = readFraming(bytes, section, head, isHttp10);
    if (fault < 0) return fault;
    if (head.contentLength !== 0 && (head.method === "CONNECT" || head.method === "TRACE")) {
      return ParseFault.CONTENT_FORBIDDEN;
    }
  }
  const options = (fields & CONNECTION_BIT) === 0
    ? 0
    : connectionOptions(bytes, section, head.headers);
  // RFC 9112 §9.3: 1.1 stays open unless told otherwise. A proxy closes behind 1.0 whatever that asks for: a
  // proxy of old in front may have passed a keep-alive on that it does not know (appendix C.2.2).
  head.isKeepAlive = (options & CLOSE) === 0 && !isHttp10;
  // RFC 9110 §7.8: Upgrade counts with its connection option alone, and not in HTTP/1.0.
  head.isUpgrade = (fields & UPGRADE_BIT) !== 0 && (options & UPGRADE) !== 0 && !isHttp10;
  head.expectsContinue = false;
  return (fields & EXPECT_BIT) === 0 || isHttp10 ? 0 : readExpectation(bytes, section, head);
}

/** RFC 9110 §10.1.1: 100-continue is the one expectation; in HTTP/1.0 it is ignored. */
function readExpectation(
  bytes: Uint8Array,
  section: FieldSectionParser,
  head: WireRequestHead,
): number {
  const place = section.places[KnownField.EXPECT];
  const start = head.headers.valueStart(place);
  const isKnown = isText(bytes, start, head.headers.valueEnd(place), "100-continue");
  if (!isKnown || (section.repeated & EXPECT_BIT) !== 0) return ParseFault.EXPECTATION;
  head.expectsContinue = head.contentLength !== 0;
  return 0;
}
