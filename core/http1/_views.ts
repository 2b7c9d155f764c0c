import { LARGE_BUFFER, SMALL_BUFFER } from "./_buffers.ts";

const KEPT = 64;
const NO_BYTES = new Uint8Array(0);
const ofSmall: Uint8Array[] = new Array(KEPT).fill(NO_BYTES);
const ofLarge: Uint8Array[] = new Array(KEPT).fill(NO_BYTES);

/**
 * `buffer.subarray(0, end)` of a buffer that is handed round, as it was made before where that is so: a
 * view costs a hundred bytes of garbage, and messages of one length come again and again.
 */
export function viewTo(buffer: Uint8Array, end: number): Uint8Array {
  const { byteLength } = buffer;
  // Others than those that are handed round are not to be kept alive.
  if (byteLength !== SMALL_BUFFER && byteLength !== LARGE_BUFFER) return buffer.subarray(0, end);
  const views = byteLength === SMALL_BUFFER ? ofSmall : ofLarge;
  const kept = views[end % KEPT];
  if (kept.byteLength === end && kept.buffer === buffer.buffer) return kept;
  return views[end % KEPT] = buffer.subarray(0, end);
}
