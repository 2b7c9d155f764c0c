import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertNotStrictEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ERROR_KINDS, isErrorKind, ProxyError } from "@pingo/pingo/errors";

for (const [kind, row] of Object.entries(ERROR_KINDS)) {
  Deno.test(`ProxyError of kind ${kind} takes all from its row`, () => {
    assert(isErrorKind(kind));
    const error = new ProxyError(kind);
    assertEquals(error.kind, kind);
    assertEquals(error.source, row.source);
    assertEquals(error.retry, row.retry);
    assertEquals(error.status, row.status);
    assertEquals(error.label, row.label);
    assertEquals(error.message, row.title);
    assertEquals(error.headers, []);
    assertEquals(error.context, []);
    assertFalse("cause" in error);
  });
}

Deno.test("ProxyError is an Error to everybody who asks", () => {
  const error = new ProxyError("rate_limited", "Cannot take request: 0 tokens");
  assertInstanceOf(error, Error);
  assertInstanceOf(error, ProxyError);
  assertEquals(error.name, "ProxyError");
  assertEquals(Object.getPrototypeOf(ProxyError.prototype), Error.prototype);
  assertStringIncludes(Deno.inspect(error), "Cannot take request: 0 tokens");
  assertThrows(
    () => {
      throw error;
    },
    ProxyError,
    "0 tokens",
  );
});

Deno.test("ProxyError can be extended", () => {
  class QuotaError extends ProxyError {
    readonly quota = 5;
  }
  const error = new QuotaError("internal", "Cannot count: no store");
  assertInstanceOf(error, QuotaError);
  assertInstanceOf(error, ProxyError);
  assertEquals(error.quota, 5);
  assertEquals(error.status, 500);
});

Deno.test("ProxyError has stack frames for a defect, none for a refusal", () => {
  assertMatch(new ProxyError("internal", "boom").stack ?? "", /proxy_error_test\.ts/);
  assertMatch(new ProxyError("filter_failed").stack ?? "", /proxy_error_test\.ts/);
  assertEquals(
    new ProxyError("rate_limited", "Cannot pass").stack,
    "ProxyError: rate_limited: Cannot pass",
  );
});

Deno.test("ProxyError prefers its options to its row", () => {
  const cause = new TypeError("x");
  const error = new ProxyError("not_found", "Cannot find route: /a", {
    cause,
    source: "internal",
    retry: "yes",
    status: 410,
    headers: [["Retry-After", "5"]],
    context: ["routing"],
  });
  assertStrictEquals(error.cause, cause);
  assertEquals(error.source, "internal");
  assertEquals(error.retry, "yes");
  assertEquals(error.status, 410);
  assertEquals(error.headers, [["Retry-After", "5"]]);
  assertEquals(error.context, ["routing"]);
  assertEquals(error.label, "not_found");
});

for (const status of [200, 399, 600, 404.5, NaN]) {
  Deno.test(`ProxyError throws RangeError when the status is ${status}`, () => {
    assertThrows(
      () => new ProxyError("internal", "x", { status }),
      RangeError,
      "not within 400 to 599",
    );
  });
}

const BAD_FIELDS: [name: string, value: string][] = [
  ["", "x"],
  ["Retry After", "1"],
  ["Retry-After:", "1"],
  ["Retry-After", "1\r\nSet-Cookie: a=b"],
  ["Retry-After", "\0"],
  ["Retry-After", "\u0100"],
  ["Retry-After\n", "1"],
];
for (const [name, value] of BAD_FIELDS) {
  const field = JSON.stringify([name, value]);
  Deno.test(`ProxyError throws TypeError when a header is ${field}`, () => {
    assertThrows(
      () => new ProxyError("rate_limited", "x", { headers: [[name, value]] }),
      TypeError,
      "is not a valid field",
    );
  });
}

Deno.test("ProxyError throws TypeError when the kind is unknown", () => {
  // An untyped caller, as a plain JavaScript user is one.
  assertThrows(() => Reflect.construct(ProxyError, ["nope"]), TypeError, 'unknown kind "nope"');
  assertThrows(() => Reflect.construct(ProxyError, ["toString"]), TypeError, "unknown kind");
});

Deno.test("withContext() adds to a copy, innermost first", () => {
  const error = new ProxyError("bad_response", "Cannot parse head: odd byte", {
    cause: new Error("why"),
    status: 504,
    headers: [["Retry-After", "1"]],
  });
  const told = error.withContext("attempt 1").withContext("GET /");
  assertNotStrictEquals(told, error);
  assertEquals(error.context, []);
  assertEquals(told.context, ["attempt 1", "GET /"]);
  assertEquals(told.kind, error.kind);
  assertEquals(told.message, error.message);
  assertEquals(told.status, 504);
  assertEquals(told.headers, error.headers);
  assertStrictEquals(told.cause, error.cause);
});

Deno.test("withContext() keeps the stack of a defect", () => {
  const error = new ProxyError("internal", "boom");
  assertEquals(error.withContext("a").stack, error.stack);
});

Deno.test("withContext() does not repeat the last text", () => {
  const error = new ProxyError("internal").withContext("a");
  assertStrictEquals(error.withContext("a"), error);
});

Deno.test("rootCause() is the end of the chain", () => {
  const root = new TypeError("root");
  const middle = new Error("middle", { cause: root });
  assertStrictEquals(new ProxyError("internal", "top", { cause: middle }).rootCause(), root);
  const alone = new ProxyError("internal");
  assertStrictEquals(alone.rootCause(), alone);
  assertEquals(new ProxyError("internal", "top", { cause: 7 }).rootCause(), 7);
});

Deno.test("rootCause() and describe() end when the chain is a ring", () => {
  const a = new Error("a");
  a.cause = new Error("b", { cause: a });
  const error = new ProxyError("internal", "top", { cause: a });
  assertInstanceOf(error.rootCause(), Error);
  assertEquals(error.describe(), "internal: top <- Error: a <- Error: b");
});

const DESCRIBED: [name: string, error: ProxyError, line: string][] = [
  [
    "kind, message, context and causes",
    new ProxyError("connect_refused", "Cannot connect to 10.0.0.7:80: refused", {
      cause: new Error("Connection refused (os error 111)", { cause: new TypeError("low") }),
    }).withContext("attempt 1").withContext("GET /"),
    "connect_refused: Cannot connect to 10.0.0.7:80: refused [attempt 1; GET /]" +
    " <- Error: Connection refused (os error 111) <- TypeError: low",
  ],
  [
    "a message that a wrapper repeats only once",
    ProxyError.from(new TypeError("boom")),
    "internal: boom <- TypeError",
  ],
  [
    "kind and context of a ProxyError among the causes",
    new ProxyError("filter_failed", "Cannot run filter", {
      cause: new ProxyError("no_upstream", "Cannot select: all down").withContext("pool api"),
    }),
    "filter_failed: Cannot run filter <- no_upstream: Cannot select: all down [pool api]",
  ],
  [
    "control characters escaped",
    new ProxyError("bad_request", "Cannot parse: a\r\nb\x1b[31m\u2028c"),
    "bad_request: Cannot parse: a\\x0d\\x0ab\\x1b[31m\\x2028c",
  ],
  [
    "no content of a thrown object",
    new ProxyError("internal", "Caught object", { cause: { password: "secret" } }),
    "internal: Caught object <- thrown object",
  ],
  ["a thrown string", new ProxyError("internal", "x", { cause: "why" }), "internal: x <- why"],
];
for (const [name, error, line] of DESCRIBED) {
  Deno.test(`describe() tells ${name}`, () => {
    assertEquals(error.describe(), line);
    assertEquals(String(error), line);
  });
}

Deno.test("describe() is bounded", () => {
  let cause: Error | undefined;
  for (let n = 0; n < 100; n++) cause = new Error(`cause ${n} ${"x".repeat(1_000)}`, { cause });
  assert(new ProxyError("internal", "top", { cause }).describe().length < 5_000);
});

const aborted = new ProxyError("server_stopping");
const CAUGHT: [name: string, thrown: unknown, kind: string, fallback?: "filter_failed"][] = [
  ["a TypeError", new TypeError("x"), "internal"],
  ["a TypeError with a fallback", new TypeError("x"), "filter_failed", "filter_failed"],
  ["a string", "x", "internal"],
  ["null with a fallback", null, "filter_failed", "filter_failed"],
  ["undefined", undefined, "internal"],
  ["an AbortError", new DOMException("x", "AbortError"), "client_gone"],
  ["a TimeoutError", new DOMException("Signal timed out.", "TimeoutError"), "deadline_exceeded"],
];
for (const [name, thrown, kind, fallback] of CAUGHT) {
  Deno.test(`ProxyError.from() makes ${kind} of ${name}`, () => {
    const error = ProxyError.from(thrown, fallback);
    assertEquals(error.kind, kind);
    assertStrictEquals(error.cause, thrown);
  });
}

Deno.test("ProxyError.from() keeps a ProxyError", () => {
  assertStrictEquals(ProxyError.from(aborted, "internal"), aborted);
});

Deno.test("ProxyError.from() finds the ProxyError that an AbortError carries", () => {
  const abort = new Error("aborted", { cause: aborted });
  abort.name = "AbortError";
  assertStrictEquals(ProxyError.from(abort), aborted);
});

Deno.test("ProxyError.from() names a type when there is no message", () => {
  assertEquals(ProxyError.from(undefined).message, "Caught undefined");
  assertEquals(ProxyError.from(new Error("")).message, ERROR_KINDS.internal.title);
});

Deno.test("withHeaders() adds to a copy, behind the fields that are there", () => {
  const error = new ProxyError("circuit_open", "Cannot call api: its circuit is open", {
    cause: new Error("refused"),
    retry: "no",
    status: 599,
    headers: [["Retry-After", "5"]],
  }).withContext("a");
  const told = error.withHeaders([["RateLimit", '"default";r=1']]);
  assertEquals(told.headers, [["Retry-After", "5"], ["RateLimit", '"default";r=1']]);
  assertEquals(error.headers.length, 1);
  assertEquals([told.status, told.retry, told.stack], [error.status, error.retry, error.stack]);
  assertEquals(told.describe(), error.describe());
  assertThrows(() => error.withHeaders([["a b", "c"]]), TypeError);
});
