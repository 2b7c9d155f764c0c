import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { LimitState } from "@pingo/pingo/limits";
import { rateLimitPolicy, rateLimitState, retryAfterSeconds } from "@pingo/pingo/limits/http";

function stateOf(state: Partial<LimitState>, name = "default"): LimitState {
  const policy = { name, limit: 10, windowMs: 1_000 };
  return { policy, limit: 10, remaining: 0, resetMs: 0, retryAfterMs: 0, ...state };
}

const policies: { name: string; limit: number; windowMs: number; value: string }[] = [
  { name: "default", limit: 100, windowMs: 10_000, value: '"default";q=100;w=10' },
  { name: "half a second", limit: 10, windowMs: 500, value: '"half a second";q=10' },
  { name: "1.5 seconds", limit: 10, windowMs: 1_500, value: '"1.5 seconds";q=10' },
  { name: "slow", limit: 0.5, windowMs: 1_000, value: '"slow";q=1;w=2' },
  { name: "broken", limit: 1.5, windowMs: 1_000, value: '"broken";q=1;w=1' },
  { name: 'a "b" \\ c', limit: 1, windowMs: 1_000, value: '"a \\"b\\" \\\\ c";q=1;w=1' },
  { name: "huge", limit: 1e16, windowMs: 1_000, value: '"huge";q=999999999999999;w=1' },
];
for (const { value, ...policy } of policies) {
  Deno.test(`rateLimitPolicy() (draft -11 §3.1) writes ${value}`, () => {
    assertEquals(rateLimitPolicy([policy]), value);
  });
}

Deno.test("rateLimitPolicy() (draft -11 §3.1.2) tells a unit that is not the default", () => {
  const policy = { name: "a", limit: 1, windowMs: 1_000 };
  assertEquals(rateLimitPolicy([policy], { unit: "requests" }), '"a";q=1;w=1');
  assertEquals(
    rateLimitPolicy([policy], { unit: "content-bytes" }),
    '"a";q=1;qu="content-bytes";w=1',
  );
});

const states: { state: Partial<LimitState>; value: string; why: string }[] = [
  { state: { remaining: 50, resetMs: 30_000 }, value: '"default";r=50;t=30', why: "§4" },
  { state: { remaining: 50, resetMs: 30_001 }, value: '"default";r=50;t=31', why: "rounded up" },
  { state: { remaining: 10 }, value: '"default";r=10', why: "all is there: no t" },
  { state: { resetMs: 9_000, retryAfterMs: 100 }, value: '"default";r=0;t=1', why: "a refusal" },
  { state: { remaining: 3, retryAfterMs: Infinity }, value: '"default";r=3', why: "never" },
];
for (const { state, value, why } of states) {
  Deno.test(`rateLimitState() (draft -11 §4.1) writes ${value}: ${why}`, () => {
    assertEquals(rateLimitState(stateOf(state)), value);
  });
}

Deno.test("rateLimitState() (draft -11 §6) tells no window that ends behind Retry-After (property)", () => {
  const positive = fc.double({ min: 0.001, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), positive, positive, (remaining, resetMs, retryAfterMs) => {
      const t = / ?;t=(\d+)$/.exec(rateLimitState(stateOf({ remaining, resetMs, retryAfterMs })));
      assertEquals(Number(t?.[1]), retryAfterSeconds(retryAfterMs));
      assertEquals(retryAfterSeconds(retryAfterMs) * 1_000 >= retryAfterMs, true);
    }),
    { numRuns: 200, verbose: 1 },
  );
});

/** RFC 9651 §4.2: just the List of String Items with Integer and String parameters that the draft knows. */
const MEMBER =
  /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"((?:;[a-z]+=(?:\d{1,15}|"[a-z-]+"))*)$/;

Deno.test("rateLimitPolicy() and rateLimitState() write Items of RFC 9651 that give back the name (property)", () => {
  const name = fc.string({
    unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(
      name,
      fc.double({ min: 1e-6, max: 1e18, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e12, noNaN: true }),
      (name, limit, windowMs) => {
        const values = [
          rateLimitPolicy([{ name, limit, windowMs }]),
          rateLimitState(stateOf({ remaining: Math.floor(limit), resetMs: windowMs }, name)),
        ];
        for (const value of values) {
          const parts = MEMBER.exec(value);
          assertEquals(parts?.[1].replace(/\\(["\\])/g, "$1"), name, value);
        }
      },
    ),
    { numRuns: 300, verbose: 1 },
  );
});

Deno.test("retryAfterSeconds() is never too early and never 0", () => {
  const spans = [0, 0.1, 1_000, 1_000.5, Infinity];
  assertEquals(spans.map(retryAfterSeconds), [1, 1, 1, 2, Infinity]);
});
