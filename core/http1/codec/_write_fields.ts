import type { HeaderMap } from "../../http/mod.ts";
import { CR, LF } from "./_bytes.ts";
import { copyBytes } from "../_copy.ts";
import { lineLength, writeLine } from "./_field_line.ts";
import { IndexedHeaders } from "./indexed_headers.ts";

/**
 * Writes field lines, `extra` (lines with their CRLF) and the empty line; gives the offset behind.
 *
 * @param lead where received bytes start that lie before the lines and are to be written too; -1 for none
 * @throws {RangeError} when the bytes do not suffice: a head that is cut off must not be sent
 */
export function writeFields(
  to: Uint8Array,
  at: number,
  headers: HeaderMap | null,
  extra: Uint8Array | null,
  lead = -1,
): number {
  if (headers instanceof IndexedHeaders) at = headers.write(to, at, lead);
  else if (headers !== null) at = writeEach(to, at, headers);
  if (extra !== null) at = copyBytes(extra, 0, extra.length, to, at);
  to[at] = CR;
  to[at + 1] = LF;
  at += 2;
  if (at > to.length) {
    throw new RangeError(`Cannot write the fields: ${at} bytes are needed, ${to.length} are there`);
  }
  return at;
}

/** At most how many bytes {@linkcode writeFields} writes. */
export function fieldsLength(headers: HeaderMap | null, extra: Uint8Array | null): number {
  let length = 2 + (extra === null ? 0 : extra.length);
  if (headers instanceof IndexedHeaders) length += headers.byteLength();
  else if (headers !== null) {
    headers.forEach((value, name) => length += lineLength(name, value));
  }
  return length;
}

function writeEach(to: Uint8Array, at: number, headers: HeaderMap): number {
  headers.forEach((value, name) => at = writeLine(to, at, name, value));
  return at;
}
