import { ChunkedDecoder } from "./mod.ts";

const encoder = new TextEncoder();
const decoder = new ChunkedDecoder();

/** 64 KiB of content in chunks of this size. */
function content(size: number): Uint8Array {
  const chunk = `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
  return encoder.encode(`${chunk.repeat(65536 / size)}0\r\n\r\n`);
}

/** The plain way: each size line as a string. */
function decodeStrings(bytes: Uint8Array): number {
  const text = new TextDecoder();
  let length = 0;
  for (let at = 0;;) {
    const lineEnd = bytes.indexOf(10, at);
    const size = parseInt(text.decode(bytes.subarray(at, lineEnd)), 16);
    if (size === 0) return length;
    length += bytes.subarray(lineEnd + 1, lineEnd + 1 + size).length;
    at = lineEnd + size + 3;
  }
}

function decode(bytes: Uint8Array): void {
  decoder.reset();
  for (let at = 0; !decoder.isDone;) at = decoder.decode(bytes, at, bytes.length);
}

function relay(bytes: Uint8Array): void {
  decoder.reset();
  decoder.relay(bytes, 0, bytes.length);
}

for (const size of [128, 4096, 65536]) {
  const bytes = content(size);
  const group = `What do 64 KiB in chunks of ${size} bytes cost?`;
  Deno.bench({
    name: "size lines as strings",
    group,
    baseline: true,
    fn: () => void decodeStrings(bytes),
  });
  Deno.bench({ name: "decode()", group, fn: () => decode(bytes) });
  Deno.bench({ name: "relay()", group, fn: () => relay(bytes) });
}
