import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FakeClock } from "../../timeout/mod.ts";
import {
  type KeyedLimiter,
  KeyedTokenBucket,
  MultiKeyedLimiter,
  SketchLimiter,
} from "@pingo/pingo/limits";

const member = fc.record({
  isSketch: fc.boolean(),
  limit: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.integer({ min: 1, max: 400 }),
});
const steps = fc.array(
  fc.record({ key: fc.constantFrom("a", "b", "c"), waitMs: fc.nat(200), n: fc.nat(5) }),
  { maxLength: 40 },
);

Deno.test("MultiKeyedLimiter takes from all or from none (property)", () => {
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 4 }), steps, (members, steps) => {
      const clock = new FakeClock();
      const random = () => 0.5;
      const make = (): KeyedLimiter[] =>
        members.map(({ isSketch, ...rate }) =>
          isSketch
            ? new SketchLimiter(rate, { clock, random })
            : new KeyedTokenBucket(rate, { clock })
        );
      const [limiters, twins] = [make(), make()];
      const multi = new MultiKeyedLimiter(limiters);
      assertEquals(multi.policies, limiters.flatMap(({ policies }) => policies));
      for (const { key, waitMs, n } of steps) {
        clock.advance(waitMs);
        const delays = twins.map((twin) => twin.peek(key, n).retryAfterMs);
        const longest = Math.max(...delays);
        assertEquals(multi.peek(key, n).retryAfterMs, longest);
        const decision = multi.take(key, n);
        assertEquals(decision.isAllowed, longest === 0);
        assertEquals(decision.retryAfterMs, decision.isAllowed ? 0 : longest);
        if (longest === 0) { for (const twin of twins) twin.allow(key, n); }
        const peek = (limiter: KeyedLimiter) => limiter.peek(key, n);
        assertEquals(limiters.map(peek), twins.map(peek));
      }
    }),
    { numRuns: 300, verbose: 1 },
  );
});

Deno.test("MultiKeyedLimiter throws when there is no limiter, or one twice", () => {
  const one = new KeyedTokenBucket("1/s");
  assertThrows(() => new MultiKeyedLimiter([]), TypeError, "no limiter");
  assertThrows(() => new MultiKeyedLimiter([one, one]), TypeError, "twice");
  assertThrows(() => new MultiKeyedLimiter([one]).allow("a", NaN), RangeError);
});
