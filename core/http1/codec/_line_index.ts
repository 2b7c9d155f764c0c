import { copyBytes } from "../_copy.ts";

// What an index of field lines holds for each: first where its name starts, then these. Offsets of
// received lines count from the start of their message.

/**
 * Where the name ends; REMOVED for a line that was removed. For a line that was set or added: minus the
 * length of its name, and value and name lie in the map's own bytes. The start of the name is kept then:
 * it also tells where the received line before it ends.
 */
export const NAME_END = 1;
export const VALUE = 2;
export const VALUE_END = 3;
export const HASH = 4;
/** How many numbers a line takes. */
export const STRIDE = 5;

export const REMOVED = 0;

/** Where the own line at `o` in the index starts in the own bytes. */
export function ownStart(index: Int32Array, o: number): number {
  return index[o + VALUE] - 2 + index[o + NAME_END];
}

/** Where it ends, behind its CRLF. */
export function ownEnd(index: Int32Array, o: number): number {
  return index[o + VALUE_END] + 2;
}

/** Closes the holes that removed lines have left from line `from` on; gives how many lines there are. */
export function closeHoles(index: Int32Array, from: number, count: number): number {
  let kept = from;
  for (let i = from; i < count; i++) {
    if (index[i * STRIDE + NAME_END] === REMOVED) continue;
    if (kept !== i) index.copyWithin(kept * STRIDE, i * STRIDE, (i + 1) * STRIDE);
    kept++;
  }
  return kept;
}

/** How many bytes the own lines have, without what was written over. */
export function ownLength(index: Int32Array, count: number): number {
  let length = 0;
  for (let o = 0; o < count * STRIDE; o += STRIDE) {
    if (index[o + NAME_END] < 0) length += ownEnd(index, o) - ownStart(index, o);
  }
  return length;
}

/** Moves the own lines to the front of other bytes, without what was written over; gives where they end. */
export function packOwn(index: Int32Array, count: number, own: Uint8Array, to: Uint8Array): number {
  let end = 0;
  for (let o = 0; o < count * STRIDE; o += STRIDE) {
    if (index[o + NAME_END] >= 0) continue;
    const start = ownStart(index, o);
    const moved = end - start;
    end = copyBytes(own, start, ownEnd(index, o), to, end);
    index[o + VALUE] += moved;
    index[o + VALUE_END] += moved;
  }
  return end;
}
