/** The place of a slice of time in a ring of so many. A clock may stand before its zero, where `%` is negative. */
export function ringSlot(slice: number, size: number): number {
  const slot = slice % size;
  return slot < 0 ? slot + size : slot;
}
