import { assert } from "@std/assert";
import fc from "fast-check";

Deno.test("lists of property tests are as long as they may be", () => {
  const lengths = fc.sample(fc.array(fc.nat(), { maxLength: 120 }), 300).map((each) => each.length);
  assert(lengths.some((each) => each > 100) && lengths.some((each) => each < 10), `${lengths}`);
});
