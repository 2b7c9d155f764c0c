import { assertEquals, assertThrows } from "@std/assert";
import { parseRate, rateOf, TokenBucket } from "@pingo/pingo/limits";

const good: { text: string; limit: number; windowMs: number }[] = [
  { text: "100/s", limit: 100, windowMs: 1_000 },
  { text: "10/500ms", limit: 10, windowMs: 500 },
  { text: "0.5/s", limit: 0.5, windowMs: 1_000 },
  { text: "6 / 2m", limit: 6, windowMs: 120_000 },
  { text: "1000/h", limit: 1_000, windowMs: 3_600_000 },
  { text: "5/d", limit: 5, windowMs: 86_400_000 },
];
for (const { text, limit, windowMs } of good) {
  Deno.test(`parseRate() reads ${text}`, () => {
    assertEquals(parseRate(text), { limit, windowMs });
  });
}

for (const text of ["", "100", "100/", "/s", "-1/s", "1e3/s", "100/w", "100/s ", "Infinity/s"]) {
  Deno.test(`parseRate() throws when the text is ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseRate(text), TypeError, "Cannot parse the rate");
  });
}

Deno.test("parseRate() throws when a number is 0", () => {
  assertThrows(() => parseRate("0/s"), RangeError, "limit 0");
  assertThrows(() => parseRate("1/0s"), RangeError, "windowMs 0");
});

Deno.test("rateOf() takes a text and an object, and checks both", () => {
  assertEquals(rateOf("2/s"), rateOf({ limit: 2, windowMs: 1_000 }));
  for (const bad of [0, -1, NaN, Infinity]) {
    assertThrows(() => rateOf({ limit: bad, windowMs: 1 }), RangeError);
    assertThrows(() => rateOf({ limit: 1, windowMs: bad }), RangeError);
  }
});

for (const name of ["", "é", "a\nb", "a\x00", "a\x7f"]) {
  Deno.test(`a limit cannot have the name ${JSON.stringify(name)}`, () => {
    assertThrows(() => new TokenBucket("1/s", { name }), TypeError, "Cannot name a limit");
  });
}
