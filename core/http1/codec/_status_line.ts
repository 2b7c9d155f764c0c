import { STATUS_TEXT } from "@std/http/status";
import { writeLatin1 } from "./_latin1.ts";

const REASONS: ReadonlyMap<number, string> = /* @__PURE__ */ new Map(
  Object.entries(STATUS_TEXT).map(([status, reason]) => [Number(status), reason]),
);

const LINES: (Uint8Array | undefined)[] = [];

/** The registered reason phrase of a status; empty when it has none. */
export function statusReason(status: number): string {
  return REASONS.get(status) ?? "";
}

/** The status line with its CRLF, made at the first use of a status from 100 to 599. */
export function statusLine(status: number): Uint8Array {
  return LINES[status] ??= makeLine(status);
}

function makeLine(status: number): Uint8Array {
  const text = `HTTP/1.1 ${status} ${statusReason(status)}\r\n`;
  const line = new Uint8Array(text.length);
  writeLatin1(line, 0, text);
  return line;
}
