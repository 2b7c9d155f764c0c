import { FOLD } from "./_bytes.ts";

/**
 * The case-insensitive hash of a field name: its length and four of its letters, which is enough to
 * tell all common names apart and costs the same for a long one. Attackers make collisions at will with
 * any hash as cheap; it only ever skips lines, and whether a name is the one, its bytes decide.
 */
export function nameHash(name: string): number {
  const last = name.length - 1;
  if (last < 0) return 0;
  return mix(
    last,
    name.charCodeAt(0),
    name.charCodeAt((last + 1) >> 1),
    name.charCodeAt(last === 0 ? 0 : last - 1),
    name.charCodeAt(last),
  );
}

/** The same hash of a name of at least one byte. */
export function nameHashOf(bytes: Uint8Array, start: number, end: number): number {
  const last = end - start - 1;
  return mix(
    last,
    bytes[start],
    bytes[start + ((last + 1) >> 1)],
    bytes[last === 0 ? start : end - 2],
    bytes[end - 1],
  );
}

function mix(last: number, a: number, b: number, c: number, d: number): number {
  const letters = FOLD[a & 255] << 24 ^ FOLD[b & 255] << 16 ^ FOLD[c & 255] << 8 ^ FOLD[d & 255];
  return (letters + Math.imul(last + 1, 0x9e3779b1)) | 0;
}
