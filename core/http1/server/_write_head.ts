import type { ResponseHead } from "../../http/mod.ts";
import { IndexedHeaders } from "../codec/mod.ts";

const encoder = new TextEncoder();

/** Reason phrases of the statuses that have one (RFC 9110 §15). */
const REASONS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  102: "Processing",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
  511: "Network Authentication Required",
};

/** Status lines with the standard reason, made when they are first used. */
const lines: (Uint8Array | undefined)[] = [];

function statusLine(status: number): Uint8Array {
  return lines[status] ??= encoder.encode(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n`);
}

/** At most how many bytes {@linkcode writeResponseHead} writes. */
export function headLength(head: ResponseHead): number {
  const { headers } = head;
  let length = 64 + head.reason.length;
  if (headers instanceof IndexedHeaders) return length + headers.byteLength();
  for (const [name, value] of headers) length += name.length + value.length + 4;
  return length;
}

/**
 * Writes a status line and the field lines, without the empty line behind them; gives the offset behind.
 * The caller sees to it that there is room for {@linkcode headLength}.
 */
export function writeResponseHead(head: ResponseHead, to: Uint8Array, at: number): number {
  const { status, reason, headers } = head;
  if (reason === "" || reason === REASONS[status]) {
    const line = statusLine(status);
    to.set(line, at);
    at += line.byteLength;
  } else {
    at = writeText(`HTTP/1.1 ${status} ${reason}\r\n`, to, at);
  }
  if (headers instanceof IndexedHeaders) return headers.write(to, at);
  for (const [name, value] of headers) {
    at = writeText(name, to, at);
    to[at++] = 58;
    to[at++] = 32;
    at = writeText(value, to, at);
    to[at++] = 13;
    to[at++] = 10;
  }
  return at;
}

/** Writes Latin-1 text, which field values are (RFC 9110 §5.5). */
export function writeText(text: string, to: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) to[at++] = text.charCodeAt(i);
  return at;
}
