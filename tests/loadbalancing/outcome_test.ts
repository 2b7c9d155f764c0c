import { assertEquals } from "@std/assert";
import { ERROR_KINDS, type ErrorKind, isErrorKind, ProxyError } from "@pingo/pingo/errors";
import { type BackendResult, classifyOutcome, resultOf } from "@pingo/pingo/loadbalancing";

const cases: { status: number | null; kind: ErrorKind | null; result: BackendResult }[] = [
  { status: 200, kind: null, result: "succeeded" },
  { status: 499, kind: null, result: "succeeded" },
  { status: 101, kind: null, result: "succeeded" },
  { status: 500, kind: null, result: "failed" },
  { status: 503, kind: "client_gone", result: "failed" },
  { status: null, kind: null, result: "succeeded" },
  { status: null, kind: "connect_refused", result: "failed" },
  { status: 200, kind: "upstream_body_broken", result: "failed" },
  { status: null, kind: "deadline_exceeded", result: "failed" },
  { status: 200, kind: "deadline_exceeded", result: "aborted" },
  { status: null, kind: "client_gone", result: "aborted" },
  { status: null, kind: "pool_timeout", result: "aborted" },
  { status: null, kind: "circuit_open", result: "aborted" },
  { status: 200, kind: "filter_failed", result: "aborted" },
];
for (const { status, kind, result } of cases) {
  Deno.test(`resultOf() says ${result} of status ${status} and ${kind ?? "no error"}`, () => {
    const error = kind === null ? null : new ProxyError(kind);
    assertEquals(resultOf({ status, error, durationMs: 1 }), result);
  });
}

Deno.test("resultOf() says failed exactly where classifyOutcome() finds a fault of the backend", () => {
  const kinds = [null, ...Object.keys(ERROR_KINDS).filter(isErrorKind)];
  for (const kind of kinds) {
    for (const status of [null, 101, 200, 404, 500, 503]) {
      const error = kind === null ? null : new ProxyError(kind);
      const end = { status, error, durationMs: 1 };
      const isFault = !["success", "ignored"].includes(classifyOutcome(end));
      assertEquals(resultOf(end) === "failed", isFault, `${status} ${kind}`);
    }
  }
});
