import { assertEquals, assertThrows } from "@std/assert";
import { median, ratios, spread } from "./statistics.ts";

Deno.test("median() is the one in the middle by value, not by order", () => {
  assertEquals(median([30, 4, 200]), 30);
  assertEquals(median([7]), 7);
});

Deno.test("median() is the mean of the two in the middle when the count is even", () => {
  assertEquals(median([8, 1, 2, 100]), 5);
});

Deno.test("median() throws when there are no values", () => {
  assertThrows(() => median([]), RangeError, "no values");
});

Deno.test("spread() leaves the values in their order", () => {
  const values = [3, 1, 2];
  assertEquals(spread(values), { median: 2, min: 1, max: 3 });
  assertEquals(values, [3, 1, 2]);
});

Deno.test("ratios() pairs the rounds, so a slow machine does not matter", () => {
  const machine = [1, 5, 0.3];
  assertEquals(ratios(machine.map((each) => each * 30), machine.map((each) => each * 20)), [
    1.5,
    1.5,
    1.5,
  ]);
  assertThrows(() => ratios([1, 2], [1]), RangeError, "2 against 1");
});
