import { assertEquals } from "@std/assert";
import { ERROR_KINDS, isErrorKind, ProxyError } from "@pingo/pingo/errors";
import { isServerFault } from "@pingo/pingo/timeout";

const ownLimits = ["circuit_open", "no_upstream", "pool_timeout"];

for (const kind of Object.keys(ERROR_KINDS).filter(isErrorKind)) {
  const expected = kind === "deadline_exceeded" ||
    ERROR_KINDS[kind].source === "upstream" && !ownLimits.includes(kind);
  Deno.test(`isServerFault() is ${expected} for ${kind}`, () => {
    assertEquals(isServerFault(new ProxyError(kind)), expected);
  });
}

Deno.test("isServerFault() is true for other errors, but not for an AbortError", () => {
  assertEquals(isServerFault(new TypeError("fetch failed")), true);
  assertEquals(isServerFault("a text"), true);
  assertEquals(isServerFault(undefined), true);
  assertEquals(isServerFault(new DOMException("", "TimeoutError")), true);
  assertEquals(isServerFault(new DOMException("", "AbortError")), false);
});
