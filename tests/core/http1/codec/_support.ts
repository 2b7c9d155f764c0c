import {
  parseError,
  ParseFault,
  RequestParser,
  type RequestParserOptions,
  ResponseParser,
  type ResponseParserOptions,
  WireRequestHead,
  WireResponseHead,
} from "../../../../core/http1/codec/mod.ts";

/** A text as bytes, one a character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Bytes as a text, one character each. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The name of a fault, for failures that people read. */
export function faultName(result: number): string {
  return Object.entries(ParseFault).find(([, fault]) => fault === result)?.[0] ?? String(result);
}

/** What a whole request gave: a fault's name and its status, "more", or the head and where it ends. */
export interface RequestOutcome {
  readonly fault: string | null;
  readonly status: number;
  readonly end: number;
  readonly head: WireRequestHead;
}

export function parseRequest(
  text: string | Uint8Array,
  options?: RequestParserOptions,
): RequestOutcome {
  const bytes = typeof text === "string" ? bytesOf(text) : text;
  const head = new WireRequestHead();
  const end = new RequestParser(options).parse(bytes, 0, bytes.length, head);
  const fault = end < 0 ? faultName(end) : null;
  return { fault, status: end < 0 ? parseError(end, "request").status : 0, end, head };
}

/** What a whole response gave. */
export interface ResponseOutcome {
  readonly fault: string | null;
  readonly end: number;
  readonly head: WireResponseHead;
}

export function parseResponse(
  text: string | Uint8Array,
  method = "GET",
  options?: ResponseParserOptions,
): ResponseOutcome {
  const bytes = typeof text === "string" ? bytesOf(text) : text;
  const head = new WireResponseHead();
  const parser = new ResponseParser(options);
  parser.begin(method);
  const end = parser.parse(bytes, 0, bytes.length, head);
  return { fault: end < 0 ? faultName(end) : null, end, head };
}

/** A request with these field lines. */
export function request(lines: string, start = "GET / HTTP/1.1"): string {
  return `${start}\r\n${lines}\r\n`;
}

/** A response with these field lines. */
export function response(lines: string, start = "HTTP/1.1 200 OK"): string {
  return `${start}\r\n${lines}\r\n`;
}
