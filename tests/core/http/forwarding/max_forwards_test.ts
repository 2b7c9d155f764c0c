import { assertEquals, assertThrows } from "@std/assert";
import { ProxyError } from "../../../../errors/mod.ts";
import { countForward, requestHead } from "../../../../core/http/mod.ts";

const CASES: readonly (readonly [method: string, value: string, mayGoOn: boolean, then: string])[] =
  [
    ["OPTIONS", "0", false, "0"],
    ["OPTIONS", "1", true, "0"],
    ["TRACE", "10", true, "9"],
    ["TRACE", "007", true, "6"],
    ["OPTIONS", "99999999999999999999999999", true, "255"],
    ["GET", "0", true, "0"],
    ["POST", "nonsense", true, "nonsense"],
    ["options", "0", true, "0"],
  ];

for (const [method, value, mayGoOn, then] of CASES) {
  Deno.test(`countForward() of ${method} with Max-Forwards ${value} (RFC 9110 §7.6.2)`, () => {
    const head = requestHead({ method, headers: { "max-forwards": value } });
    assertEquals(countForward(head), mayGoOn);
    assertEquals(head.headers.get("max-forwards"), then);
  });
}

Deno.test("countForward() lets OPTIONS without Max-Forwards pass unchanged", () => {
  const head = requestHead({ method: "OPTIONS", target: "*" });
  assertEquals(countForward(head), true);
  assertEquals(head.headers.size, 0);
});

for (const value of ["", "-1", "1.5", "1, 1", "x", "0x1"]) {
  Deno.test(`countForward() throws bad_request for Max-Forwards: ${value}`, () => {
    const head = requestHead({ method: "TRACE", headers: { "max-forwards": value } });
    assertEquals(assertThrows(() => countForward(head), ProxyError).kind, "bad_request");
  });
}
