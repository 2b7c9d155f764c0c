import {
  CLOSE,
  judgeCodings,
  KEEP_ALIVE,
  NO_CODING,
  readCodings,
  readConnection,
  readContentLength,
  UPGRADE,
} from "./_field_values.ts";
import type { FieldSectionParser } from "./_field_section.ts";
import { Framing } from "./framing.ts";
import type { IndexedHeaders } from "./indexed_headers.ts";
import { KnownField } from "./known_field.ts";
import { ParseFault } from "./parse_error.ts";

export { CLOSE, KEEP_ALIVE, UPGRADE };

/** What {@linkcode readFraming} fills. */
export interface FramedHead {
  readonly headers: IndexedHeaders;
  framing: Framing;
  contentLength: number;
}

/**
 * Content-Length and Transfer-Encoding of either kind of message (RFC 9112 §6.1 to §6.3). Both together,
 * more than one length, a coding in HTTP/1.0 and any coding but one chunked are refused: those are what
 * request smuggling is made of. Gives 0 or the fault.
 */
export function readFraming(
  bytes: Uint8Array,
  section: FieldSectionParser,
  head: FramedHead,
  isHttp10: boolean,
): number {
  const { headers } = head;
  const hasLength = (section.fields & 1 << KnownField.CONTENT_LENGTH) !== 0;
  if ((section.fields & 1 << KnownField.TRANSFER_ENCODING) !== 0) {
    if (hasLength) return ParseFault.LENGTH_AND_CODING;
    if (isHttp10) return ParseFault.TRANSFER_CODING_HTTP10;
    head.framing = Framing.CHUNKED;
    head.contentLength = -1;
    return judgeCodings(allCodings(bytes, section, headers));
  }
  if (!hasLength) return 0;
  if ((section.repeated & 1 << KnownField.CONTENT_LENGTH) !== 0) {
    return ParseFault.CONTENT_LENGTH_REPEATED;
  }
  const place = section.places[KnownField.CONTENT_LENGTH];
  const length = readContentLength(bytes, headers.valueStart(place), headers.valueEnd(place));
  if (length < 0) return ParseFault.CONTENT_LENGTH;
  head.framing = Framing.LENGTH;
  head.contentLength = length;
  return 0;
}

/** The options that matter of all Connection lines. */
export function connectionOptions(
  bytes: Uint8Array,
  section: FieldSectionParser,
  headers: IndexedHeaders,
): number {
  let place: number = section.places[KnownField.CONNECTION];
  let options = 0;
  do {
    options |= readConnection(bytes, headers.valueStart(place), headers.valueEnd(place));
    place = nextPlace(section, headers, KnownField.CONNECTION, place);
  } while (place >= 0);
  return options;
}

function allCodings(
  bytes: Uint8Array,
  section: FieldSectionParser,
  headers: IndexedHeaders,
): number {
  let place: number = section.places[KnownField.TRANSFER_ENCODING];
  let codings = NO_CODING;
  do {
    codings = readCodings(bytes, headers.valueStart(place), headers.valueEnd(place), codings);
    place = nextPlace(section, headers, KnownField.TRANSFER_ENCODING, place);
  } while (place >= 0);
  return codings;
}

function nextPlace(
  section: FieldSectionParser,
  headers: IndexedHeaders,
  field: KnownField,
  place: number,
): number {
  return (section.repeated & 1 << field) === 0 ? -1 : headers.findKnown(field, place + 1);
}
