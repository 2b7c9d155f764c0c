import { fault } from "./_fault.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw fault(`${what} is not UTF-8`);
  }
}

/** The text of UTF-8 bytes without controls: it stands in logs and may go into header fields. */
export function printableText(bytes: Uint8Array, what: string): string {
  for (const byte of bytes) {
    if (byte < 0x20 || byte === 0x7f) throw fault(`${what} holds a control`);
  }
  return textOf(bytes, what);
}
