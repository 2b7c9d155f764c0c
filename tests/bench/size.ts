const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Reads a size in bytes such as `130`, `10k` or `1m`.
 *
 * @throws {SyntaxError} if it is none
 */
export function parseSize(text: string): number {
  const match = /^([1-9]\d{0,8})([km]?)$/i.exec(text);
  if (match === null) {
    throw new SyntaxError(`Cannot read size: "${text}" is not like 130, 10k or 1m`);
  }
  const unit = match[2]?.toLowerCase();
  return Number(match[1]) * (unit === "m" ? MIB : unit === "k" ? KIB : 1);
}

/** Writes a size in the largest unit that holds it as a whole number. */
export function formatSize(bytes: number): string {
  if (bytes % MIB === 0) return `${bytes / MIB} MiB`;
  if (bytes % KIB === 0) return `${bytes / KIB} KiB`;
  return `${bytes} B`;
}
