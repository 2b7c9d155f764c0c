import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { md5 } from "../../ketama/_md5.ts";

function words(data: string | Uint8Array): Uint32Array {
  const digest = new Uint32Array(4);
  md5(data, digest);
  return digest;
}

function reference(data: string | Uint8Array): Uint32Array {
  const bytes = createHash("md5").update(data).digest();
  return Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32LE(i * 4));
}

Deno.test("md5() agrees with node:crypto for each length around its blocks and its scratch", () => {
  for (let length = 0; length <= 330; length++) {
    const text = Array.from({ length }, (_, i) => String.fromCharCode(32 + (i * 7) % 90)).join("");
    assertEquals(words(text), reference(text), `length ${length}`);
    assertEquals(words(new TextEncoder().encode(text)), reference(text), `${length} bytes`);
  }
});

Deno.test("md5() agrees with node:crypto for bytes and for any text as UTF-8 (property)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "binary" }), (bytes, text) => {
      assertEquals(words(bytes), reference(bytes));
      assertEquals(words(text), reference(text));
    }),
    { numRuns: 300, verbose: 1 },
  );
});
