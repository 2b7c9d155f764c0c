import { type ErrorKind, ProxyError } from "../../../errors/mod.ts";

/**
 * Why a parser refuses what it reads. Parsers give these numbers, all below zero, in place of an
 * offset: an attack that consists of bad messages makes no objects until somebody wants one from
 * {@linkcode parseError}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ParseFault, RequestParser, WireRequestHead } from "@pingo/pingo/core";
 *
 * const bytes = new TextEncoder().encode("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
 * const result = new RequestParser().parse(bytes, 0, bytes.length, new WireRequestHead());
 * assertEquals(result, ParseFault.SPACE_BEFORE_COLON);
 * ```
 */
export const ParseFault = {
  EMPTY_LINES: -1,
  METHOD: -2,
  METHOD_TOO_LONG: -3,
  TARGET: -4,
  TARGET_TOO_LONG: -5,
  TARGET_FORM: -6,
  VERSION: -7,
  VERSION_UNKNOWN: -8,
  STATUS_LINE: -9,
  STATUS_CODE: -10,
  REASON: -11,
  BARE_LF: -12,
  BARE_CR: -13,
  SPACE_BEFORE_FIELDS: -14,
  OBS_FOLD: -15,
  FIELD_NAME: -16,
  SPACE_BEFORE_COLON: -17,
  FIELD_VALUE: -18,
  HEAD_TOO_LARGE: -19,
  TOO_MANY_FIELDS: -20,
  HOST_MISSING: -21,
  HOST_REPEATED: -22,
  HOST: -23,
  CONTENT_LENGTH: -24,
  CONTENT_LENGTH_REPEATED: -25,
  LENGTH_AND_CODING: -26,
  TRANSFER_CODING: -27,
  TRANSFER_CODING_UNKNOWN: -28,
  TRANSFER_CODING_HTTP10: -29,
  EXPECTATION: -30,
  CONTENT_FORBIDDEN: -31,
  CHUNK_SIZE: -32,
  CHUNK_TOO_LARGE: -33,
  CHUNK_EXTENSION: -34,
  CHUNK_EXTENSION_TOO_LONG: -35,
  CHUNK_END: -36,
  TRAILERS_TOO_LARGE: -37,
} as const;

/** A number of {@linkcode ParseFault}. */
export type ParseFault = typeof ParseFault[keyof typeof ParseFault];

/** Which message a fault was found in. */
export type FaultyMessage = "request" | "response";

/** What each fault means: the kind of a request's error, where it is not `bad_request`, and what is wrong. */
const FAULTS: Readonly<Record<ParseFault, readonly [kind: ErrorKind, state: string]>> = {
  [ParseFault.EMPTY_LINES]: ["bad_request", "more than one empty line before it (RFC 9112 §2.2)"],
  [ParseFault.METHOD]: ["bad_request", "the method is not a token (RFC 9112 §3.1)"],
  [ParseFault.METHOD_TOO_LONG]: ["not_implemented", "the method is too long (RFC 9112 §3)"],
  [ParseFault.TARGET]: [
    "bad_request",
    "the target is missing or holds a blank, a control or # (RFC 9112 §3.2)",
  ],
  [ParseFault.TARGET_TOO_LONG]: ["target_too_long", "the target is too long (RFC 9112 §3)"],
  [ParseFault.TARGET_FORM]: [
    "bad_request",
    "the target has no form that the method allows (RFC 9112 §3.2)",
  ],
  [ParseFault.VERSION]: ["bad_request", "the version is malformed (RFC 9112 §2.3)"],
  [ParseFault.VERSION_UNKNOWN]: [
    "version_not_supported",
    "the version is not 1.0 or 1.1 (RFC 9110 §15.6.6)",
  ],
  [ParseFault.STATUS_LINE]: ["bad_request", "the status line is malformed (RFC 9112 §4)"],
  [ParseFault.STATUS_CODE]: ["bad_request", "the status is not from 100 to 599 (RFC 9110 §15)"],
  [ParseFault.REASON]: ["bad_request", "the reason phrase holds a control (RFC 9112 §4)"],
  [ParseFault.BARE_LF]: ["bad_request", "a line ends with LF alone (RFC 9112 §2.2)"],
  [ParseFault.BARE_CR]: ["bad_request", "a CR without LF (RFC 9112 §2.2)"],
  [ParseFault.SPACE_BEFORE_FIELDS]: [
    "bad_request",
    "a blank before the first field (RFC 9112 §2.2)",
  ],
  [ParseFault.OBS_FOLD]: ["bad_request", "a folded field line (RFC 9112 §5.2)"],
  [ParseFault.FIELD_NAME]: ["bad_request", "a field name is not a token (RFC 9112 §5)"],
  [ParseFault.SPACE_BEFORE_COLON]: [
    "bad_request",
    "a blank between field name and colon (RFC 9112 §5.1)",
  ],
  [ParseFault.FIELD_VALUE]: ["bad_request", "a field value holds a control (RFC 9110 §5.5)"],
  [ParseFault.HEAD_TOO_LARGE]: ["head_too_large", "the head is too large (RFC 6585 §5)"],
  [ParseFault.TOO_MANY_FIELDS]: ["head_too_large", "it has too many fields (RFC 6585 §5)"],
  [ParseFault.HOST_MISSING]: ["bad_request", "Host is missing (RFC 9112 §3.2)"],
  [ParseFault.HOST_REPEATED]: ["bad_request", "Host is repeated (RFC 9112 §3.2)"],
  [ParseFault.HOST]: ["bad_request", "Host is malformed (RFC 9112 §3.2)"],
  [ParseFault.CONTENT_LENGTH]: ["bad_request", "Content-Length is malformed (RFC 9110 §8.6)"],
  [ParseFault.CONTENT_LENGTH_REPEATED]: [
    "bad_request",
    "Content-Length is repeated (RFC 9112 §6.3)",
  ],
  [ParseFault.LENGTH_AND_CODING]: [
    "bad_request",
    "it has Content-Length and Transfer-Encoding (RFC 9112 §6.3)",
  ],
  [ParseFault.TRANSFER_CODING]: [
    "bad_request",
    "Transfer-Encoding does not end with one chunked (RFC 9112 §6.3)",
  ],
  [ParseFault.TRANSFER_CODING_UNKNOWN]: [
    "not_implemented",
    "a transfer coding is not chunked (RFC 9112 §6.1)",
  ],
  [ParseFault.TRANSFER_CODING_HTTP10]: [
    "bad_request",
    "Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)",
  ],
  [ParseFault.EXPECTATION]: [
    "expectation_failed",
    "Expect holds more than 100-continue (RFC 9110 §10.1.1)",
  ],
  [ParseFault.CONTENT_FORBIDDEN]: [
    "bad_request",
    "the method allows no content (RFC 9110 §9.3.6, §9.3.8)",
  ],
  [ParseFault.CHUNK_SIZE]: ["client_body_broken", "a chunk size is malformed (RFC 9112 §7.1)"],
  [ParseFault.CHUNK_TOO_LARGE]: ["client_body_broken", "a chunk size is too large (RFC 9112 §7.1)"],
  [ParseFault.CHUNK_EXTENSION]: [
    "client_body_broken",
    "a chunk extension is malformed (RFC 9112 §7.1.1)",
  ],
  [ParseFault.CHUNK_EXTENSION_TOO_LONG]: [
    "client_body_broken",
    "the chunk extensions are too long (RFC 9112 §7.1.1)",
  ],
  [ParseFault.CHUNK_END]: [
    "client_body_broken",
    "no CRLF behind the data of a chunk (RFC 9112 §7.1)",
  ],
  [ParseFault.TRAILERS_TOO_LARGE]: [
    "client_body_broken",
    "the trailer section is too large (RFC 9112 §7.1.2)",
  ],
};

/**
 * The error for a fault that a parser gave. A request's decides the status of the answer; a response is
 * `upstream_too_large_head` or `bad_response`, whatever is wrong with it.
 *
 * @throws {RangeError} when the number is not a fault
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseError, ParseFault } from "@pingo/pingo/core";
 *
 * assertEquals(parseError(ParseFault.TARGET_TOO_LONG, "request").status, 414);
 * assertEquals(parseError(ParseFault.OBS_FOLD, "response").kind, "bad_response");
 * ```
 */
export function parseError(fault: number, message: FaultyMessage): ProxyError {
  if (!isFault(fault)) throw new RangeError(`Cannot make an error: ${fault} is not a fault`);
  const [kind, state] = FAULTS[fault];
  if (message === "request") return new ProxyError(kind, `Cannot take the request: ${state}`);
  const isTooLarge = kind === "head_too_large";
  return new ProxyError(
    isTooLarge ? "upstream_too_large_head" : "bad_response",
    `Cannot take the response: ${state}`,
  );
}

function isFault(fault: number): fault is ParseFault {
  return Object.hasOwn(FAULTS, fault);
}
