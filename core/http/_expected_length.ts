/** Counts content against the length that it was announced with. */
export class ExpectedLength {
  #left: number;

  /** @param length undefined when nobody has said it: then nothing is wrong */
  constructor(length: number | undefined) {
    this.#left = length ?? Infinity;
  }

  /**
   * Notes a piece.
   *
   * @throws {TypeError} when it goes beyond the length
   */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw new TypeError("Cannot read a body: it is longer than its length says");
    }
  }

  /**
   * Notes the end.
   *
   * @throws {TypeError} when it comes too early
   */
  end(): void {
    if (this.#left === 0 || this.#left === Infinity) return;
    throw new TypeError(`Cannot read a body: ${this.#left} bytes are missing`);
  }
}
