/** @throws {RangeError} if a number is not whole, or below the least */
export function checkWhole(action: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot ${action}: ${name} ${value} is not a whole number from ${least} on`,
  );
}

/** @throws {RangeError} if a time is not finite, or below the least */
export function checkFiniteMs(action: string, name: string, value: number, least = 0): void {
  if (Number.isFinite(value) && value >= least) return;
  throw new RangeError(`Cannot ${action}: ${name} ${value} is not a finite time from ${least} on`);
}

/** @throws {RangeError} if a share is not above 0 and at most 1 */
export function checkShare(action: string, name: string, value: number): void {
  if (value > 0 && value <= 1) return;
  throw new RangeError(`Cannot ${action}: ${name} ${value} is not above 0 and at most 1`);
}
