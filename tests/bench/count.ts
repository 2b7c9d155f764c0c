/**
 * Reads a whole number.
 *
 * @throws {SyntaxError} if it is none, or below the smallest
 */
export function parseCount(text: string, min: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
  if (value >= min) return value;
  throw new SyntaxError(`Cannot read count: "${text}" is no whole number from ${min}`);
}
