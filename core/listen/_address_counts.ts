/** How many connections each address has, up to a limit. Clients of a unix socket have none. */
export class AddressCounts {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a connection in; false when the address has as many as it may have. */
  add(address: string): boolean {
    if (address === "") return true;
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(address, count + 1);
    return true;
  }

  /** Counts a connection out. */
  remove(address: string): void {
    if (address === "") return;
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left === 0) this.#counts.delete(address);
    else this.#counts.set(address, left);
  }
}
