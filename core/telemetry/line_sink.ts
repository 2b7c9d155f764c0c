/** Where lines of a log go: the port of `createLogger` and `accessLog`. */
export interface LineSink {
  /**
   * Takes one line.
   *
   * @param line without the end of line
   */
  write(line: string): void;
}

/** What a {@linkcode LineWriter} writes to: `Deno.stdout`, an open `Deno.FsFile`, a connection. */
export interface ByteSink {
  /**
   * Writes bytes.
   *
   * @returns how many were taken, which may be fewer than there are
   */
  write(bytes: Uint8Array): number | Promise<number>;
}
