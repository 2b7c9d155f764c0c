import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { addVia, hasViaLoop, HeaderList, viaPseudonym } from "../../../../core/http/mod.ts";

const ME = "pingo-4f2";

Deno.test("addVia() writes version and name (RFC 9110 §7.6.3)", () => {
  for (const version of ["1.0", "1.1", "2"] as const) {
    const headers = new HeaderList();
    addVia(headers, { version, pseudonym: ME });
    assertEquals([...headers], [["via", `${version} pingo-4f2`]]);
  }
});

Deno.test("addVia() comes after what is there", () => {
  const headers = new HeaderList({ Via: "1.0 a, 1.1 b (x)" });
  addVia(headers, { version: "1.1", pseudonym: ME });
  assertEquals(headers.getAll("via"), ["1.0 a, 1.1 b (x)", "1.1 pingo-4f2"]);
});

for (const pseudonym of ["", "my proxy", "a,b", "a\r\nb", "a(b)", "a:80"]) {
  Deno.test(`addVia() refuses the name ${JSON.stringify(pseudonym)}, which could not be found again`, () => {
    const headers = new HeaderList();
    assertThrows(() => addVia(headers, { version: "1.1", pseudonym }), TypeError, "not a token");
    assertEquals(headers.size, 0);
  });
}

const CASES: readonly (readonly [isLoop: boolean, ...lines: string[]])[] = [
  [false],
  [false, ""],
  [true, "1.1 pingo-4f2"],
  [true, "HTTP/1.1 pingo-4f2"],
  [true, "1.1 pingo-4f2:8080"],
  [true, "1.1 \t pingo-4f2 (Deno)"],
  [true, "1.1 pingo-4f2(Deno)"],
  [true, "1.0 a", "1.1 b, 2 pingo-4f2, 1.1 c"],
  [true, ", ,1.1 pingo-4f2,"],
  [true, '1.1 a (x, (y) \\) "), 1.1 pingo-4f2'],
  [true, '1.1 "a, \\" (", 1.1 pingo-4f2'],
  [false, "1.1 pingo-4f22"],
  [false, "1.1 x-pingo-4f2"],
  [false, "1.1 PINGO-4F2"],
  [false, "pingo-4f2"],
  [false, "pingo-4f2 1.1"],
  [false, "1.1 a (1.1 pingo-4f2)"],
  [false, "1.1 a (x, 1.1 pingo-4f2)"],
  [false, "1.1 a ((x), 1.1 pingo-4f2 (y))"],
  [false, "1.1 a (\\), 1.1 pingo-4f2)"],
  [false, '1.1 "b, 1.1 pingo-4f2"'],
  // What follows on another line is apart from a comment that never ends.
  [true, "1.1 a (never ends", "1.1 pingo-4f2"],
  // On one line nobody can tell: a client must not be able to hide the loop.
  [true, "1.1 a (never ends, 1.1 pingo-4f2"],
  [true, '1.1 a "never ends, 1.1 pingo-4f2'],
  [false, "1.1 a (never ends, 1.1 other"],
];

for (const [isLoop, ...lines] of CASES) {
  Deno.test(`hasViaLoop() is ${isLoop} for ${JSON.stringify(lines)}`, () => {
    const headers = new HeaderList({ via: lines });
    assertEquals(hasViaLoop(headers, ME), isLoop);
  });
}

Deno.test("hasViaLoop() finds what addVia() wrote, among anything that clients send (property)", () => {
  const text = fc.stringMatching(/^[ -~]{0,30}$/);
  const client = fc.array(fc.oneof(text, fc.constantFrom("1.1 a", "1.1 a (b", '"', "\\")), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(client, fc.boolean(), (lines, joins) => {
      const headers = new HeaderList({ via: lines });
      addVia(headers, { version: "1.1", pseudonym: ME });
      const value = headers.get("via") ?? "";
      assertEquals(hasViaLoop(joins ? new HeaderList({ via: value }) : headers, ME), true, value);
    }),
    { numRuns: 1000, verbose: 1 },
  );
});

Deno.test("viaPseudonym() differs by chance and is a token at both ends of it", () => {
  assertEquals(viaPseudonym(() => 0), "pingo-0000000000");
  assertEquals(viaPseudonym(() => 1 - Number.EPSILON), "pingo-zzzzzzzzzz");
  let seed = 0;
  const random = () => (seed = (seed * 16_807 + 11) % 2_147_483_647) / 2_147_483_647;
  assertNotEquals(viaPseudonym(random), viaPseudonym(random));
});
