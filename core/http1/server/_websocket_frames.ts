/** A Close frame with status 1001 "going away" and no reason (RFC 6455 §5.5.1, §7.4.1), from a server. */
export const GOING_AWAY: Uint8Array = Uint8Array.of(0x88, 0x02, 0x03, 0xe9);

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) as far as their lengths: enough to
 * know where one ends and another may be put in.
 */
export class FrameBoundary {
  /** Bytes of the head of the frame that were seen; its length is spelled in them. */
  #head = 0;
  #lengthBytes = 0;
  #isMasked = false;
  #length = 0;
  /** Bytes of the frame that are still to come once its head is known. */
  #left = 0;

  /** Whether no frame has begun that has not ended. */
  get isBetweenFrames(): boolean {
    return this.#head === 0 && this.#left === 0;
  }

  /**
   * Takes bytes up to the end of the frame that they are in.
   *
   * @returns where it ends in them; their length when it ends later or there
   */
  next(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.byteLength) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.byteLength - at);
        this.#left -= step;
        at += step;
        if (this.#left === 0) return at;
      } else if (this.#readHead(bytes[at++])) return at;
    }
    return at;
  }

  /** Takes one byte of a head; tells whether the frame has ended with it. */
  #readHead(byte: number): boolean {
    const at = this.#head++;
    if (at === 0) return false;
    if (at === 1) {
      this.#isMasked = (byte & 0x80) !== 0;
      const short = byte & 0x7f;
      this.#lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.#length = this.#lengthBytes === 0 ? short : 0;
    } else {
      this.#length = this.#length * 256 + byte;
    }
    if (this.#head < 2 + this.#lengthBytes) return false;
    this.#head = 0;
    this.#left = this.#length + (this.#isMasked ? 4 : 0);
    return this.#left === 0;
  }
}
