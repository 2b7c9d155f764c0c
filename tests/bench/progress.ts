/** One line on standard error that tells what is going on; nothing where that is no terminal. */
export class Progress {
  readonly #shown = Deno.stderr.isTerminal();

  /** Replaces the line. */
  show(text: string): void {
    this.#write(`\r\x1b[2K${text}`);
  }

  /** Takes the line away. */
  clear(): void {
    this.#write("\r\x1b[2K");
  }

  #write(text: string): void {
    if (this.#shown) Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
