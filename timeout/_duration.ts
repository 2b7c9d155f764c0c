/** @throws {RangeError} if a duration is negative or NaN */
export function checkDuration(action: string, ms: number): void {
  if (!(ms >= 0)) {
    throw new RangeError(`Cannot ${action}: ${ms} ms is not a duration`);
  }
}
