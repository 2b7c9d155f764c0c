import { assertEquals, assertThrows } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import {
  constantBackoff,
  FakeClock,
  honourRetryAfter,
  parseRetryAfter,
} from "@pingo/pingo/timeout";

const clock = new FakeClock({ epoch: Date.UTC(2026, 0, 1) });

// RFC 9110 §10.2.3: Retry-After = HTTP-date / delay-seconds
const values: { value: string; ms: number | null }[] = [
  { value: "0", ms: 0 },
  { value: "120", ms: 120_000 },
  { value: "007", ms: 7_000 },
  { value: "999999999999", ms: 999_999_999_999_000 },
  { value: "Thu, 01 Jan 2026 00:01:00 GMT", ms: 60_000 },
  { value: "Thursday, 01-Jan-26 00:01:00 GMT", ms: 60_000 },
  { value: "Thu Jan  1 00:01:00 2026", ms: 60_000 },
  { value: "Wed, 31 Dec 2025 23:59:59 GMT", ms: 0 },
  { value: "", ms: null },
  { value: " 1", ms: null },
  { value: "1 ", ms: null },
  { value: "-1", ms: null },
  { value: "+1", ms: null },
  { value: "1.5", ms: null },
  { value: "1e3", ms: null },
  { value: "0x10", ms: null },
  { value: "1, 2", ms: null },
  { value: "1000000000000", ms: null },
  { value: "soon", ms: null },
  { value: "2026-01-01T00:01:00Z", ms: null },
  { value: "Thu, 32 Jan 2026 00:01:00 GMT", ms: null },
];
for (const { value, ms } of values) {
  Deno.test(`parseRetryAfter() gives ${ms} for ${JSON.stringify(value)}`, () => {
    assertEquals(parseRetryAfter(value, { clock }), ms);
  });
}

function limited(value: string): ProxyError {
  return new ProxyError("rate_limited", "Cannot call", { headers: [["Retry-After", value]] });
}

function pause(error: unknown, options: Parameters<typeof honourRetryAfter>[1] = {}): number {
  const backoff = honourRetryAfter(constantBackoff(500), { clock, ...options });
  return backoff({ retry: 1, previousMs: 0, error });
}

Deno.test("honourRetryAfter() waits as long as asked, and never less than the backoff", () => {
  assertEquals(pause(limited("2")), 2_000);
  assertEquals(pause(limited("Thu, 01 Jan 2026 00:00:03 GMT")), 3_000);
  assertEquals(pause(limited("0")), 500);
  assertEquals(pause(limited("Wed, 31 Dec 2025 23:59:59 GMT")), 500);
});

Deno.test("honourRetryAfter() cuts what is asked to maxMs, 60 s by default", () => {
  assertEquals(pause(limited("86400")), 60_000);
  assertEquals(pause(limited("86400"), { maxMs: 7_000 }), 7_000);
  assertEquals(pause(limited("86400"), { maxMs: 100 }), 500);
});

Deno.test("honourRetryAfter() leaves it to the backoff when nothing valid is asked", () => {
  assertEquals(pause(limited("soon")), 500);
  assertEquals(pause(new ProxyError("connect_refused")), 500);
  assertEquals(pause(new Error("reset")), 500);
  assertEquals(pause(null), 500);
});

Deno.test("honourRetryAfter() finds the value by retryAfter", () => {
  const retryAfter = (error: unknown): string | null =>
    error instanceof Response ? error.headers.get("retry-after") : null;
  const response = new Response(null, { headers: { "retry-after": "4" } });
  assertEquals(pause(response, { retryAfter }), 4_000);
  assertEquals(pause(new Response(), { retryAfter }), 500);
});

Deno.test("honourRetryAfter() throws RangeError when maxMs is none, or its backoff gives none", () => {
  assertThrows(() => honourRetryAfter(constantBackoff(1), { maxMs: NaN }), RangeError, "maxMs NaN");
  const broken = honourRetryAfter(() => -1);
  assertThrows(() => broken({ retry: 1, previousMs: 0, error: 0 }), RangeError, "gave -1 ms");
});
