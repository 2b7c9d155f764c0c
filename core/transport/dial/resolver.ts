/** Finds the addresses of names; the port behind which node:dns lies. */
export interface Resolver {
  /**
   * The addresses that the system knows for a name, by its hosts file and its name service; rejects when
   * there are none.
   */
  lookup(name: string): Promise<readonly string[]>;
  /** How long DNS lets an answer for the name be kept, in milliseconds; null when DNS does not know it. */
  ttlMs(name: string): Promise<number | null>;
}
