/** @throws {TypeError} if a value is not a whole number from 0 on */
export function savedCount(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`Cannot load circuit: ${describe(value)} is not a count`);
}

/** @throws {TypeError} if a value is not a finite number */
export function savedNumber(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError(`Cannot load circuit: ${describe(value)} is not a number`);
}

/** @throws {TypeError} if a value is not an object with string keys */
export function savedObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError(`Cannot load circuit: ${describe(value)} is not an object`);
}

/** Objects are not printed. */
function describe(value: unknown): string {
  return typeof value === "object" ? (value === null ? "null" : "an object") : String(value);
}
