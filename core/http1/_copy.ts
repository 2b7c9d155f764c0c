/** Below this many bytes a loop beats `set`, which costs some 40 ns whatever the length, and a view as much. */
const LOOP_BELOW = 128;

/** Copies `[start, end)` of `from` to `at` in `to`; gives the offset behind it. */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): number {
  const length = end - start;
  if (length < LOOP_BELOW) {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i];
  } else {
    to.set(from.subarray(start, end), at);
  }
  return at + length;
}
