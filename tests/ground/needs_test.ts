import { assertEquals, assertThrows } from "@std/assert";
import { findProgram, needs } from "../support/needs.ts";

const absent = "no-such-program-anywhere";

Deno.test("needs() runs the test when the program is there", () => {
  assertEquals(needs("sh", "sh echoes", { isCi: true }), { name: "sh echoes", ignore: false });
});

Deno.test("needs() skips the test and says why when the program is missing", () => {
  assertEquals(needs(absent, "it works", { isCi: false }), {
    name: `it works (skipped: ${absent} is not installed)`,
    ignore: true,
  });
});

Deno.test("needs() throws when the program is missing in CI", () => {
  assertThrows(
    () => needs(absent, "it works", { isCi: true }),
    Error,
    `Cannot run test "it works": ${absent} is not installed, in CI it must be`,
  );
});

Deno.test("findProgram() gives the path of a program and null without one", () => {
  assertEquals(findProgram("sh")?.endsWith("/sh"), true);
  assertEquals(findProgram(absent), null);
});
