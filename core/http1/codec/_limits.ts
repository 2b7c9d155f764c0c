/** Refuses a limit that is not a whole number from `least` to `most`. */
export function checkLimit(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot create the parser: ${name} is ${value}, not a whole number from ${least} to ${most}`,
    );
  }
}
