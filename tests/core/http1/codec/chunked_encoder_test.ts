import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HeaderList } from "../../../../core/http/mod.ts";
import {
  frameChunk,
  MAX_CHUNK_HEADER_BYTES,
  writeChunkHeader,
  writeLastChunk,
  writeTrailers,
} from "../../../../core/http1/codec/mod.ts";
import { textOf } from "./_support.ts";

Deno.test("writeChunkHeader() writes any size in hexadecimal (RFC 9112 §7.1, property)", () => {
  const size = fc.oneof(
    fc.nat({ max: 70_000 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: 0, max: 13 }).map((n) => 16 ** n),
    fc.constant(Number.MAX_SAFE_INTEGER),
  );
  fc.assert(
    fc.property(size, (size) => {
      const bytes = new Uint8Array(MAX_CHUNK_HEADER_BYTES + 1);
      const end = writeChunkHeader(bytes, 1, size);
      assertEquals(textOf(bytes.subarray(1, end)), `${size.toString(16)}\r\n`);
    }),
    { verbose: 1 },
  );
});

Deno.test("frameChunk() puts the frame around data where it lies", () => {
  for (const length of [1, 15, 16, 255, 256, 4096, 65535, 65536]) {
    const bytes = new Uint8Array(length + MAX_CHUNK_HEADER_BYTES + 2).fill(0x78);
    const at = MAX_CHUNK_HEADER_BYTES;
    const start = frameChunk(bytes, at, at + length);
    const expected = `${length.toString(16)}\r\n${"x".repeat(length)}\r\n`;
    assertEquals(textOf(bytes.subarray(start, at + length + 2)), expected);
  }
});

Deno.test("writeLastChunk() ends content, with trailers or without (RFC 9112 §7.1.2)", () => {
  const bytes = new Uint8Array(40);
  assertEquals(textOf(bytes.subarray(0, writeLastChunk(bytes, 0))), "0\r\n\r\n");
  const trailers = new HeaderList([["A", "b"], ["C", "d"]]);
  const end = writeLastChunk(bytes, 3, trailers);
  assertEquals(textOf(bytes.subarray(3, end)), "0\r\nA: b\r\nC: d\r\n\r\n");
});

Deno.test("writeTrailers() refuses bytes that do not suffice and fields that break out", () => {
  assertThrows(() => writeTrailers(new Uint8Array(1), 0, null), RangeError);
  const bad = HeaderList.fromTrusted([["A", "b\r\nc"]]);
  assertThrows(() => writeTrailers(new Uint8Array(40), 0, bad), TypeError);
});
