import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import {
  attempt,
  attemptAsync,
  err,
  isErr,
  isOk,
  map,
  mapErr,
  ok,
  ProxyError,
  type Result,
  unwrap,
  unwrapOr,
} from "@pingo/pingo/errors";

const success = parse("2");
const failure = parse("x");

/** Keeps the compiler from knowing which of the two it is. */
function parse(text: string): Result<number, string> {
  return text === "x" ? err("no") : ok(Number(text));
}

Deno.test("isOk() and isErr() tell a success from a failure", () => {
  assert(isOk(success) && !isErr(success));
  assert(isErr(failure) && !isOk(failure));
});

Deno.test("ok() of a falsy value is a success", () => {
  assert(isOk(ok(0)));
  assert(isOk(ok("")));
  assert(isOk(ok(undefined)));
});

Deno.test("map() changes a value and leaves an error", () => {
  assertEquals(map(success, String), ok("2"));
  assertStrictEquals(map(failure, String), failure);
});

Deno.test("mapErr() changes an error and leaves a value", () => {
  assertEquals(mapErr(failure, (e) => e.length), err(2));
  assertStrictEquals(mapErr(success, (e) => e.length), success);
});

Deno.test("unwrap() gives the value or throws the error itself", () => {
  assertEquals(unwrap(success), 2);
  const error = new ProxyError("not_found");
  assertStrictEquals(assertThrows(() => unwrap(err(error))), error);
});

Deno.test("unwrap() throws an Error with the cause when the error is none", () => {
  const thrown = assertThrows(() => unwrap(failure), Error, "Cannot unwrap result");
  assertEquals(thrown.cause, "no");
});

Deno.test("unwrapOr() gives the fallback for a failure", () => {
  assertEquals(unwrapOr(success, 7), 2);
  assertEquals(unwrapOr(failure, 7), 7);
});

Deno.test("attempt() gives what is returned or thrown", () => {
  assertEquals(attempt(() => 1), ok(1));
  const error = new RangeError("x");
  const failed = attempt(() => {
    throw error;
  });
  assertFalse(failed.ok);
  assertStrictEquals(failed.error, error);
});

Deno.test("attempt() maps what was thrown", () => {
  const fail = (): number => {
    throw "x";
  };
  assertEquals(attempt(fail, (thrown) => `mapped ${thrown}`), err("mapped x"));
  const failed = attempt(fail, ProxyError.from);
  assertFalse(failed.ok);
  assertEquals(failed.error.kind, "internal");
});

Deno.test("attemptAsync() never rejects", async () => {
  assertEquals(await attemptAsync(() => Promise.resolve(1)), ok(1));
  assertEquals(await attemptAsync(() => 1), ok(1));
  assertEquals(await attemptAsync(() => Promise.reject("no")), err("no"));
  const thrownAtOnce = (): Promise<number> => {
    throw "no";
  };
  assertEquals(await attemptAsync(thrownAtOnce, (thrown) => `mapped ${thrown}`), err("mapped no"));
});
