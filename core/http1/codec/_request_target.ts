import { hasPort, hostEnd } from "./_authority.ts";
import type { FieldSectionParser } from "./_field_section.ts";
import { readLatin1 } from "./_latin1.ts";
import { KnownField } from "./known_field.ts";
import { ParseFault } from "./parse_error.ts";
import { TargetForm, type WireRequestHead } from "./wire_request_head.ts";

const HOST_BIT = 1 << KnownField.HOST;
const COLON = 58;
const SLASH = 47;
const QUESTION_MARK = 63;
const ASTERISK = 42;

/** Finds the form of the target and checks it and Host (RFC 9112 §3.2). 0 or a fault. */
export function finishTarget(
  bytes: Uint8Array,
  base: number,
  section: FieldSectionParser,
  head: WireRequestHead,
): number {
  const fault = checkHost(bytes, section, head);
  if (fault < 0) return fault;
  head.targetScheme = null;
  const first = bytes[base + head.targetStart];
  if (head.method === "CONNECT") return takeAuthorityForm(bytes, base, head);
  if (first === SLASH) {
    head.form = TargetForm.ORIGIN;
    return 0;
  }
  if (first !== ASTERISK) return takeAbsoluteForm(bytes, base, head);
  head.form = TargetForm.ASTERISK;
  const isAlone = head.targetEnd - head.targetStart === 1;
  return isAlone && head.method === "OPTIONS" ? 0 : ParseFault.TARGET_FORM;
}

/** Exactly one well-formed Host in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 §3.2). */
function checkHost(bytes: Uint8Array, section: FieldSectionParser, head: WireRequestHead): number {
  if ((section.fields & HOST_BIT) === 0) {
    return head.version === "1.0" ? 0 : ParseFault.HOST_MISSING;
  }
  if ((section.repeated & HOST_BIT) !== 0) return ParseFault.HOST_REPEATED;
  const place = section.places[KnownField.HOST];
  const start = head.headers.valueStart(place);
  return hostEnd(bytes, start, head.headers.valueEnd(place)) < 0 ? ParseFault.HOST : 0;
}

/** RFC 9112 §3.2.3: CONNECT has a host and a port, and only CONNECT has this form. */
function takeAuthorityForm(bytes: Uint8Array, base: number, head: WireRequestHead): number {
  head.form = TargetForm.AUTHORITY;
  const start = base + head.targetStart;
  const end = base + head.targetEnd;
  const colon = hostEnd(bytes, start, end);
  if (colon < 0 || !hasPort(bytes, colon, end)) return ParseFault.TARGET_FORM;
  replaceHost(bytes, start, end, head);
  return 0;
}

/** RFC 9112 §3.2.2: an http or https URI with a host; user information is refused (RFC 9110 §4.2.4). */
function takeAbsoluteForm(bytes: Uint8Array, base: number, head: WireRequestHead): number {
  head.form = TargetForm.ABSOLUTE;
  const end = base + head.targetEnd;
  let i = base + head.targetStart;
  if (!isLetters(bytes, i, "http")) return ParseFault.TARGET_FORM;
  i += 4;
  const isSecure = (bytes[i] | 32) === 115;
  if (isSecure) i++;
  if (bytes[i] !== COLON || bytes[i + 1] !== SLASH || bytes[i + 2] !== SLASH) {
    return ParseFault.TARGET_FORM;
  }
  const start = i += 3;
  while (i < end && bytes[i] !== SLASH && bytes[i] !== QUESTION_MARK) i++;
  if (hostEnd(bytes, start, i) < 0) return ParseFault.TARGET_FORM;
  head.targetScheme = isSecure ? "https" : "http";
  // Set, since the line is not to be written as it is. Without a path: RFC 9112 §3.2.1, §3.2.4.
  const rest = readLatin1(bytes, i, end);
  if (i < end) head.target = bytes[i] === QUESTION_MARK ? `/${rest}` : rest;
  else head.target = head.method === "OPTIONS" ? "*" : "/";
  replaceHost(bytes, start, i, head);
  return 0;
}

/** The target's authority replaces what Host says (RFC 9112 §3.2.2, §3.3). */
function replaceHost(bytes: Uint8Array, start: number, end: number, head: WireRequestHead): void {
  const authority = readLatin1(bytes, start, end);
  if (head.authority !== authority) head.authority = authority;
}

/** Whether a target (a space and a version lie behind it) starts with these letters in any case. */
function isLetters(bytes: Uint8Array, at: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    if ((bytes[at + i] | 32) !== lower.charCodeAt(i)) return false;
  }
  return true;
}
