/** Tells somebody who cannot be answered for: what they throw goes to `reportError`, and harms nobody else. */
export function told(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    reportError(error);
  }
}
