const UPPER_TO_LOWER = 0x20;
const F = 0x66;
const R = 0x72;
const X = 0x78;

/**
 * Whether a field tells, or pretends to tell, of an earlier hop: `Forwarded`, `X-Real-IP` and all that
 * begin with `X-Forwarded-`.
 *
 * It looks at every name of every request: two characters rule nearly all of them out, before a text is
 * made.
 */
export function isForwardingField(name: string): boolean {
  if (name.length < 9) return false;
  const first = name.charCodeAt(0) | UPPER_TO_LOWER;
  if (first === F) return name.length === 9 && name.toLowerCase() === "forwarded";
  if (first !== X) return false;
  const third = name.charCodeAt(2) | UPPER_TO_LOWER;
  if (third === R) return name.length === 9 && name.toLowerCase() === "x-real-ip";
  return third === F && name.slice(0, 12).toLowerCase() === "x-forwarded-";
}
