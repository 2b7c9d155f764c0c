import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FakeClock } from "../../timeout/mod.ts";
import { Gcra, KeyedTokenBucket, TokenBucket } from "@pingo/pingo/limits";
import { type Model, RULES, type Taken } from "./_rules.ts";

const model: fc.Arbitrary<Model> = fc.record({
  limit: fc.integer({ min: 1, max: 30 }),
  windowMs: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 5_000 })),
  burst: fc.integer({ min: 1, max: 12 }),
});
const steps = fc.array(
  fc.record({
    // Many at one moment, and gaps of all sizes up to some windows.
    waitMs: fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 12_000 })),
    n: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.nat({ max: 14 })),
  }),
  { maxLength: 60 },
);

for (const { name, make, allows } of RULES) {
  Deno.test(`${name} takes what its rule allows, no more and no less (property)`, () => {
    fc.assert(
      fc.property(model, steps, (model, steps) => {
        const clock = new FakeClock();
        const limiter = make(model, clock);
        const taken: Taken[] = [];
        for (const { waitMs, n } of steps) {
          clock.advance(waitMs);
          const now = clock.now();
          const expected = allows(taken, n, now, model);
          const before = limiter.peek(n);
          assertEquals(before.retryAfterMs === 0, expected, "peek().retryAfterMs");
          const decision = limiter.take(n);
          assertEquals(decision.isAllowed, expected, `take(${n}) at ${now}`);
          if (expected) taken.push({ at: now, n });
          assertEquals(decision.retryAfterMs > 0, !expected);
          assert(decision.resetMs >= 0);
          assert(decision.remaining >= 0 && decision.remaining <= decision.limit);
          // What is said to remain is to be had, and one more is not.
          const { remaining } = decision;
          assert(allows(taken, remaining, now, model), `${remaining} remain at ${now}`);
          assert(!allows(taken, remaining + 1, now, model), `more than ${remaining} remain`);
        }
      }),
      { numRuns: 300, verbose: 1 },
    );
  });

  Deno.test(`${name} is right about when to come again, to a hundredth of a millisecond (property)`, () => {
    fc.assert(
      fc.property(model, steps, fc.integer({ min: 1, max: 12 }), (model, steps, n) => {
        // Two worlds with one history: one asks in time, the other too early.
        const [clock, earlyClock] = [new FakeClock(), new FakeClock()];
        const [limiter, early] = [make(model, clock), make(model, earlyClock)];
        for (const { waitMs, n } of steps) {
          clock.advance(waitMs);
          earlyClock.advance(waitMs);
          assertEquals(limiter.allow(n), early.allow(n));
        }
        const { retryAfterMs, limit, resetMs } = limiter.peek(n);
        assertEquals(limiter.delayMs(n), retryAfterMs);
        assertEquals(retryAfterMs === Infinity, n > limit);
        if (retryAfterMs > 0 && retryAfterMs < Infinity) {
          earlyClock.advance(Math.max(0, retryAfterMs - 0.01));
          assertEquals(early.allow(n), false, `${retryAfterMs} ms less a hundredth`);
          clock.advance(retryAfterMs);
          assertEquals(limiter.allow(n), true, `after ${retryAfterMs} ms`);
        } else {
          clock.advance(resetMs);
          assertEquals(limiter.peek().remaining, Math.floor(limit), `after ${resetMs} ms`);
        }
      }),
      { numRuns: 300, verbose: 1 },
    );
  });
}

Deno.test("no limiter gives more at once than there ever is, by what may be taken too early", () => {
  const clock = new FakeClock();
  const options = { burst: 10, clock };
  assertEquals(new TokenBucket("1000000/s", options).allow(10.5), false);
  assertEquals(new Gcra("1000000/s", options).allow(10.5), false);
  assertEquals(new KeyedTokenBucket("1000000/s", options).allow("a", 10.5), false);
});
