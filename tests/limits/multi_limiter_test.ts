import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FakeClock } from "../../timeout/mod.ts";
import { MultiLimiter, type RateLimiter } from "@pingo/pingo/limits";
import { RULES, type Taken } from "./_rules.ts";

const member = fc.record({
  rule: fc.nat({ max: RULES.length - 1 }),
  limit: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.integer({ min: 1, max: 400 }),
  burst: fc.integer({ min: 1, max: 8 }),
});
const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 200 }), n: fc.nat({ max: 5 }) }), {
  maxLength: 40,
});

Deno.test("MultiLimiter takes from all or from none (property)", () => {
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 4 }), steps, (members, steps) => {
      const clock = new FakeClock();
      const limiters: RateLimiter[] = members.map(({ rule, ...model }) =>
        RULES[rule].make(model, clock)
      );
      const multi = new MultiLimiter(limiters, { clock });
      assertEquals(multi.policies, limiters.flatMap(({ policies }) => policies));
      const taken: Taken[] = [];
      for (const { waitMs, n } of steps) {
        clock.advance(waitMs);
        const now = clock.now();
        const before = limiters.map((limiter) => limiter.peek());
        const expected = members.every(({ rule, ...model }) =>
          RULES[rule].allows(taken, n, now, model)
        );
        const longest = Math.max(...limiters.map((limiter) => limiter.delayMs(n)));
        assertEquals(multi.delayMs(n), longest);
        assertEquals(multi.peek(n).retryAfterMs, longest);
        const decision = multi.take(n);
        assertEquals(decision.isAllowed, expected);
        if (expected) taken.push({ at: now, n });
        else assertEquals(limiters.map((limiter) => limiter.peek()), before, "took something");
        // What the tightest one says to remain can be had of all.
        const most = Math.min(...limiters.map((limiter) => limiter.peek(n).remaining));
        if (expected && limiters.every((limiter) => limiter.delayMs(n) === 0)) {
          assertEquals(decision.remaining, most);
        }
      }
    }),
    { numRuns: 300, verbose: 1 },
  );
});

Deno.test("MultiLimiter lets through what each of its limiters does, whatever the moment (property)", () => {
  const broken = fc.double({ min: 0.001, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(broken, broken, fc.array(broken, { maxLength: 10 }), (now, windowMs, waits) => {
      for (const { name, make } of RULES) {
        const clock = new FakeClock({ now });
        const model = { limit: 2, windowMs, burst: 2 };
        const alone = make(model, clock);
        const multi = new MultiLimiter([make(model, clock)], { clock });
        for (const waitMs of [0, ...waits]) {
          clock.advance(waitMs);
          assertEquals(multi.allow(), alone.allow(), `${name} at ${clock.now()}`);
        }
      }
    }),
    { numRuns: 300, verbose: 1 },
  );
});
