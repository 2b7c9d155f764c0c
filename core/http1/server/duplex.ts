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

/** Writes all of the bytes. */
export async function writeAll(duplex: Duplex, bytes: Uint8Array): Promise<void> {
  let written = await duplex.write(bytes);
  while (written < bytes.byteLength) written += await duplex.write(bytes.subarray(written));
}
