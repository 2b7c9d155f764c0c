/** What the engine needs of a connection: `Deno.Conn` has it. */
export interface Duplex {
  /** Reads into a buffer; null when the other side has ended its direction. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the own direction. */
  closeWrite(): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/**
 * Writes all of the bytes: a single `write` may take only some of them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Duplex, writeAll } from "@pingo/pingo/core";
 *
 * const seen: number[] = [];
 * const slow: Duplex = {
 *   read: () => Promise.resolve(null),
 *   write: (bytes) => Promise.resolve(seen.push(bytes[0]) && 1),
 *   closeWrite: () => Promise.resolve(),
 *   close: () => {},
 * };
 * await writeAll(slow, Uint8Array.of(1, 2, 3));
 * assertEquals(seen, [1, 2, 3]);
 * ```
 */
export async function writeAll(duplex: Duplex, bytes: Uint8Array): Promise<void> {
  let written = await duplex.write(bytes);
  while (written < bytes.byteLength) written += await duplex.write(bytes.subarray(written));
}
