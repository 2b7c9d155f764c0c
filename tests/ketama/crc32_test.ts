import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { crc32 } from "@pingo/pingo/ketama";
import { naiveCrc32 } from "./_naive_ring.ts";

// From the CRC catalogue's check value (CRC-32/ISO-HDLC) and zlib's documentation.
const known: { name: string; data: string; crc: number }[] = [
  { name: "nothing", data: "", crc: 0 },
  { name: "the check value", data: "123456789", crc: 0xcbf43926 },
  { name: "one letter", data: "a", crc: 0xe8b7be43 },
];
for (const { name, data, crc } of known) {
  Deno.test(`crc32() knows ${name}`, () => assertEquals(crc32(data), crc));
}

Deno.test("crc32() agrees with the definition for bytes and for any text as UTF-8 (property)", () => {
  const encoder = new TextEncoder();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: "binary" }), (bytes, text) => {
      assertEquals(crc32(bytes), naiveCrc32(bytes));
      assertEquals(crc32(text), naiveCrc32(encoder.encode(text)));
    }),
    { numRuns: 300, verbose: 1 },
  );
});

Deno.test("crc32() takes lone surrogates for U+FFFD, as TextEncoder does", () => {
  for (const text of ["\ud800", "a\udc00b", "\ud800\ud800\udc00"]) {
    assertEquals(crc32(text), naiveCrc32(new TextEncoder().encode(text)));
  }
});
