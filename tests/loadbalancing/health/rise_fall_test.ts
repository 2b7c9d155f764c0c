import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { RiseFall } from "../../../loadbalancing/mod.ts";

/** The states after each result: + passes, - fails; in the answer + is healthy. */
function states(state: RiseFall, results: string): string {
  return [...results].map((each) => {
    state.note(each === "+");
    return state.isHealthy ? "+" : "-";
  }).join("");
}

Deno.test("RiseFall.note() lets the first check decide alone", () => {
  assertEquals(states(new RiseFall(true), "-"), "-");
  assertEquals(states(new RiseFall(false), "+"), "+");
});

Deno.test("RiseFall.note() falls after three and rises after two in a row", () => {
  assertEquals(states(new RiseFall(true), "+--+---+-++"), "++++++----+");
});

Deno.test("RiseFall.note() goes by the counts that it is given", () => {
  assertEquals(states(new RiseFall(true, { fallCount: 1, riseCount: 3 }), "+-+++"), "+---+");
});

Deno.test("RiseFall.note() changes only after as many equal results in a row", () => {
  fc.assert(fc.property(
    fc.array(fc.boolean()),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    (results, riseCount, fallCount) => {
      const state = new RiseFall(true, { riseCount, fallCount });
      let expected = true;
      results.forEach((isGood, n) => {
        const count = isGood ? riseCount : fallCount;
        const last = results.slice(Math.max(0, n + 1 - count), n + 1);
        if (n === 0 || (last.length === count && last.every((each) => each === isGood))) {
          expected = isGood;
        }
        const before = state.isHealthy;
        assertEquals(state.note(isGood), before !== expected);
        assertEquals(state.isHealthy, expected);
      });
    },
  ));
});

Deno.test("RiseFall throws RangeError when a count is not from 1 on", () => {
  for (const counts of [{ riseCount: 0 }, { fallCount: 1.5 }, { fallCount: NaN }]) {
    assertThrows(() => new RiseFall(true, counts), RangeError, "not a whole number from 1 on");
  }
});
