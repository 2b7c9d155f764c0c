/** 1 for each byte that may stand in a token: a field name or a method (RFC 9110 §5.6.2). */
export const TOKEN_BYTES: Uint8Array = /* @__PURE__ */ tokenBytes();

function tokenBytes(): Uint8Array {
  const table = new Uint8Array(256);
  const others = "!#$%&'*+-.^_`|~0123456789";
  for (let i = 0; i < others.length; i++) table[others.charCodeAt(i)] = 1;
  for (let c = 65; c <= 90; c++) table[c] = table[c + 32] = 1;
  return table;
}

/**
 * Whether a text is a token (RFC 9110 §5.6.2): what a field name or a method may be.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isToken } from "@pingo/pingo/core";
 *
 * assert(isToken("X-Request-Id"));
 * assertFalse(isToken("bad name"));
 * assertFalse(isToken(""));
 * ```
 */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 255 || TOKEN_BYTES[c] === 0) return false;
  }
  return text.length > 0;
}

/**
 * Whether a text may stand as a field value: no control byte but tab, nothing above U+00FF, because a
 * value is bytes (RFC 9110 §5.5). CR, LF and NUL are what header injection is made of.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isFieldValue } from "@pingo/pingo/core";
 *
 * assert(isFieldValue("text/html; charset=utf-8"));
 * assertFalse(isFieldValue("x\r\nSet-Cookie: a=b"));
 * ```
 */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if ((c < 32 && c !== 9) || c === 127 || c > 255) return false;
  }
  return true;
}

/**
 * A value without the white space around it, which is not part of it (RFC 9110 §5.5).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trimFieldValue } from "@pingo/pingo/core";
 *
 * assertEquals(trimFieldValue(" \t gzip "), "gzip");
 * ```
 */
export function trimFieldValue(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}
