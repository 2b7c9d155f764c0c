import { isSame, readLatin1 } from "./_latin1.ts";

const COMMON = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"];

/** By length and first letter, which tell the common methods apart but PUT from PATCH (by length). */
const TABLE: readonly string[] = /* @__PURE__ */ methodTable();

/** A method as a string; the common ones without making one. */
export function readMethod(bytes: Uint8Array, start: number, end: number): string {
  const common = TABLE[slotOf(end - start, bytes[start])];
  return isSame(bytes, start, end, common) ? common : readLatin1(bytes, start, end);
}

function slotOf(length: number, first: number): number {
  return ((length & 7) << 5) | (first & 31);
}

function methodTable(): string[] {
  const table = new Array<string>(256).fill("");
  for (const method of COMMON) table[slotOf(method.length, method.charCodeAt(0))] = method;
  return table;
}
