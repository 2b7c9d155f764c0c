import { createHash } from "node:crypto";

/** The SHA-256 of a body in hexadecimal, taken piece by piece. */
export async function digestOf(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
): Promise<string> {
  const hash = createHash("sha256");
  if (body instanceof Uint8Array) hash.update(body);
  else for await (const chunk of body ?? []) hash.update(chunk);
  return hash.digest("hex");
}

/** Bytes that cannot be compressed. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  // That is how much the platform gives at a time.
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
