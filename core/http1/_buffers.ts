/** Large enough that a relayed body costs few reads; measured, more brings nothing. */
export const LARGE_BUFFER = 65_536;
/** Enough for nearly every head and small message. */
export const SMALL_BUFFER = 16_384;

/** Beyond these, buffers that come back are left to the garbage collector. */
const MAX_FREE = { [LARGE_BUFFER]: 64, [SMALL_BUFFER]: 256 };

const large: Uint8Array[] = [];
const small: Uint8Array[] = [];

/**
 * A buffer of 64 KiB. A fresh one costs 15 to 20 µs, most of it for zeroing, so that they are handed
 * round. Its content is what somebody else left: nobody may see more of it than what was read into it.
 */
export function takeLarge(): Uint8Array {
  return large.pop() ?? new Uint8Array(LARGE_BUFFER);
}

/** Gives a buffer of {@linkcode takeLarge} back; nobody may hold on to it. */
export function giveLarge(buffer: Uint8Array): void {
  if (large.length < MAX_FREE[LARGE_BUFFER]) large.push(buffer);
}

/** A buffer of 16 KiB, like {@linkcode takeLarge}. */
export function takeSmall(): Uint8Array {
  return small.pop() ?? new Uint8Array(SMALL_BUFFER);
}

/** Gives a buffer of {@linkcode takeSmall} back. */
export function giveSmall(buffer: Uint8Array): void {
  if (small.length < MAX_FREE[SMALL_BUFFER]) small.push(buffer);
}

/** Gives a buffer back where it is one of these. */
export function giveBack(buffer: Uint8Array): void {
  if (buffer.byteLength === SMALL_BUFFER) giveSmall(buffer);
  else if (buffer.byteLength === LARGE_BUFFER) giveLarge(buffer);
}
