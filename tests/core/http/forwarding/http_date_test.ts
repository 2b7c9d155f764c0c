import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { httpDate, parseHttpDate } from "../../../../core/http/mod.ts";

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

Deno.test("httpDate() writes IMF-fixdate (RFC 9110 §5.6.7)", () => {
  assertEquals(httpDate(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
  assertEquals(httpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  assertEquals(httpDate(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  assertEquals(httpDate(951_782_400_000), "Tue, 29 Feb 2000 00:00:00 GMT");
});

Deno.test("httpDate() changes with the second and not before, forwards and backwards", () => {
  assertEquals(httpDate(1_999), httpDate(1_000));
  assertMatch(httpDate(2_000), /00:00:02/);
  assertMatch(httpDate(1_999.5), /00:00:01/);
});

Deno.test("httpDate() has room for the years 0000 to 9999", () => {
  assertMatch(httpDate(-62_167_219_200_000), /01 Jan 0000 00:00:00 GMT$/);
  assertMatch(httpDate(253_402_300_799_999), /31 Dec 9999 23:59:59 GMT$/);
  for (const epochMs of [-62_167_219_200_001, 253_402_300_800_000, NaN, Infinity, -Infinity]) {
    assertThrows(() => httpDate(epochMs), RangeError, "Cannot write a date");
  }
});

const VALID: readonly (readonly [text: string, iso: string])[] = [
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"],
  ["Sun Nov 16 08:49:37 1994", "1994-11-16T08:49:37Z"],
  ["Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00Z"],
  ["Fri, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00Z"],
  // A leap second is the first of the next minute.
  ["Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"],
  // Two digits: not more than 50 years ahead of 2026-11-23T12:00:00Z.
  ["Monday, 23-Nov-76 12:00:00 GMT", "2076-11-23T12:00:00Z"],
  ["Monday, 23-Nov-76 12:00:01 GMT", "1976-11-23T12:00:01Z"],
  ["Monday, 01-Jan-77 00:00:00 GMT", "1977-01-01T00:00:00Z"],
  ["Monday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00Z"],
  ["Monday, 01-Jan-26 00:00:00 GMT", "2026-01-01T00:00:00Z"],
];

for (const [text, iso] of VALID) {
  Deno.test(`parseHttpDate() reads ${text}`, () => {
    assertEquals(new Date(parseHttpDate(text, NOW) ?? NaN).getTime(), new Date(iso).getTime());
  });
}

const MALFORMED = [
  "",
  "0",
  "Sun, 06 Nov 1994 08:49:37",
  "Sun, 06 Nov 1994 08:49:37 UTC",
  "Sun, 06 Nov 1994 08:49:37 +0000",
  "Sun, 06 Nov 1994 08:49:37 GMT ",
  " Sun, 06 Nov 1994 08:49:37 GMT",
  "sun, 06 Nov 1994 08:49:37 GMT",
  "Sun, 06 nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 08:49:37 gmt",
  "Sun, 6 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 94 08:49:37 GMT",
  "Sun, 06-Nov-1994 08:49:37 GMT",
  "Sun,  06 Nov 1994 08:49:37 GMT",
  "Sun, 06 Foo 1994 08:49:37 GMT",
  "Sun, 00 Nov 1994 08:49:37 GMT",
  "Sun, 31 Nov 1994 08:49:37 GMT",
  "Tue, 29 Feb 2023 00:00:00 GMT",
  "Sun, 06 Nov 1994 24:00:00 GMT",
  "Sun, 06 Nov 1994 08:60:00 GMT",
  "Sun, 06 Nov 1994 08:49:61 GMT",
  "Sun, 06 Nov 1994 8:49:37 GMT",
  "Sun, 06-Nov-94 08:49:37 GMT",
  "Sunday, 06-Nov-1994 08:49:37 GMT",
  "Sunday, 06 Nov 94 08:49:37 GMT",
  "Sunday, 31-Feb-94 08:49:37 GMT",
  "Sun Nov 6 08:49:37 1994",
  "Sun Nov 06 08:49:37 94",
  "Sun Nov  6 08:49:37 1994 GMT",
  "1994-11-06T08:49:37Z",
];

for (const text of MALFORMED) {
  Deno.test(`parseHttpDate() gives null for ${JSON.stringify(text)}`, () => {
    assertEquals(parseHttpDate(text, NOW), null);
  });
}

Deno.test("parseHttpDate() reads what httpDate() writes (property)", () => {
  const second = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
  fc.assert(
    fc.property(second, (second) => {
      assertEquals(parseHttpDate(httpDate(second * 1000), NOW), second * 1000);
    }),
    { numRuns: 2000, verbose: 1 },
  );
});
