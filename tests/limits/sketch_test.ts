import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FakeClock } from "../../timeout/mod.ts";
import { Estimator, Inflight, SketchLimiter } from "@pingo/pingo/limits";
import { RULES, type Taken } from "./_rules.ts";

const [{ allows }] = RULES.filter(({ name }) => name === "SlidingWindowLimiter");

/** Chance that repeats itself. */
function seeded(seed: number): () => number {
  return () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

const rate = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  windowMs: fc.integer({ min: 1, max: 500 }),
});
const steps = fc.array(
  fc.record({
    key: fc.string({ maxLength: 3 }),
    waitMs: fc.oneof(fc.constant(0), fc.nat({ max: 10 }), fc.nat({ max: 1_200 })),
    n: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.nat({ max: 7 })),
  }),
  { maxLength: 100 },
);

for (
  const { name, columns, isExact } of [
    {
      name: "is a SlidingWindowLimiter for each key when there is room",
      columns: 2 ** 16,
      isExact: true,
    },
    { name: "never gives a key too much when counters are shared", columns: 4, isExact: false },
  ]
) {
  Deno.test(`SketchLimiter ${name} (property)`, () => {
    fc.assert(
      fc.property(rate, steps, fc.nat(), (rate, steps, seed) => {
        const clock = new FakeClock();
        const limiter = new SketchLimiter(rate, { columns, clock, random: seeded(seed) });
        const takenOf = new Map<string, Taken[]>();
        for (const { key, waitMs, n } of steps) {
          clock.advance(waitMs);
          const now = clock.now();
          const taken = takenOf.get(key) ?? [];
          const expected = allows(taken, n, now, { ...rate, burst: 0 });
          const before = limiter.peek(key, n);
          const { isAllowed, remaining, retryAfterMs } = limiter.take(key, n);
          assertEquals(before.retryAfterMs === 0, isAllowed);
          assertEquals(retryAfterMs > 0, !isAllowed);
          if (isExact) assertEquals(isAllowed, expected);
          else assert(!isAllowed || expected);
          if (isAllowed) takenOf.set(key, [...taken, { at: now, n }]);
          const all = takenOf.get(key) ?? [];
          assert(allows(all, remaining, now, { ...rate, burst: 0 }));
        }
      }),
      { numRuns: 200, verbose: 1 },
    );
  });
}

Deno.test("SketchLimiter is right about when to come again", () => {
  const clock = new FakeClock();
  const limiter = new SketchLimiter("4/s", { clock });
  limiter.allow("a", 4);
  const { retryAfterMs, resetMs, remaining } = limiter.take("a");
  assertEquals([retryAfterMs, resetMs, remaining], [1_250, 2_000, 0]);
  clock.advance(1_249);
  assertEquals(limiter.allow("a"), false);
  clock.advance(1);
  assertEquals(limiter.allow("a"), true);
  assertEquals(limiter.take("a", 5).retryAfterMs, Infinity);
});

Deno.test("SketchLimiter gives honest keys what they are owed when an attacker rotates keys", () => {
  const clock = new FakeClock();
  const limiter = new SketchLimiter("10/s", { clock, random: seeded(7) });
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    limiter.allow(`attacker ${i}`);
    if (i % 1_000 === 0 && !limiter.allow(`honest ${i % 5_000}`)) refused++;
    if (i % 2_500 === 0) clock.advance(125);
  }
  assertEquals(refused, 0);
});

const adds = fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.nat({ max: 5 })), { maxLength: 60 });

Deno.test("Estimator.get() is never too low, and exact when there is room (property)", () => {
  fc.assert(
    fc.property(adds, fc.nat(), (adds, seed) => {
      const narrow = new Estimator({ rows: 2, columns: 3, random: seeded(seed) });
      const wide = new Estimator({ columns: 2 ** 16, random: seeded(seed) });
      const counts = new Map<string, number>();
      for (const [key, n] of adds) {
        const count = (counts.get(key) ?? 0) + n;
        counts.set(key, count);
        assertEquals(wide.add(key, n), count);
        assert(narrow.add(key, n) >= count);
      }
      for (const [key, count] of counts) {
        assertEquals(wide.get(key), count);
        assert(narrow.get(key) >= count);
        wide.remove(key, count);
        narrow.remove(key, count);
      }
      for (const key of counts.keys()) assertEquals([wide.get(key), narrow.get(key)], [0, 0]);
    }),
    { numRuns: 200, verbose: 1 },
  );
});

Deno.test("Estimator keeps within its error bound over many keys", () => {
  const estimator = new Estimator({ rows: 4, columns: 1_024, random: seeded(3) });
  for (let i = 0; i < 20_000; i++) estimator.add(`198.51.${i >> 8}.${i & 255}`);
  let beyond = 0;
  for (let i = 0; i < 20_000; i++) {
    if (estimator.get(`198.51.${i >> 8}.${i & 255}`) - 1 > 2.72 / 1_024 * 20_000) beyond++;
  }
  // e ** -4 of them at most, which is far from what chance brings.
  assert(beyond <= 20_000 * 0.0183, `${beyond} beyond the bound`);
});

Deno.test("Estimator.reset() forgets everything", () => {
  const estimator = new Estimator();
  estimator.add("a", 5);
  estimator.reset();
  assertEquals(estimator.get("a"), 0);
});

Deno.test("Estimator throws when a number is out of range", () => {
  for (const rows of [0, 17, 1.5]) assertThrows(() => new Estimator({ rows }), RangeError, "rows");
  for (const columns of [0, 2 ** 24 + 1, 1.5]) {
    assertThrows(() => new Estimator({ columns }), RangeError, "columns");
  }
  for (const n of [-1, NaN, Infinity]) {
    assertThrows(() => new Estimator().add("a", n), RangeError);
    assertThrows(() => new Estimator().remove("a", n), RangeError);
  }
});

Deno.test("Inflight counts a guard until it is disposed of, and only once", () => {
  const inflight = new Inflight({ random: seeded(1) });
  const one = inflight.enter("a");
  const two = inflight.enter("a", 2);
  assertEquals([one.count, two.count, inflight.get("a"), inflight.get("b")], [1, 3, 3, 0]);
  two[Symbol.dispose]();
  two[Symbol.dispose]();
  assertEquals(inflight.get("a"), 1);
  one[Symbol.dispose]();
  assertEquals(inflight.get("a"), 0);
});

Deno.test("SketchLimiter counts less for others than a plain sketch does when counters are shared", () => {
  const options = { rows: 3, columns: 64, random: seeded(11) };
  const limiter = new SketchLimiter("1000/s", { ...options, clock: new FakeClock() });
  const plain = new Estimator({ ...options, random: seeded(11) });
  const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
  for (const key of keys) {
    limiter.allow(key);
    plain.add(key);
  }
  let [used, counted] = [0, 0];
  for (const key of keys) {
    used += 1_000 - limiter.peek(key).remaining;
    counted += plain.get(key);
  }
  assert(used < 0.9 * counted, `${used} of ${counted}`);
});

Deno.test("SketchLimiter has the name that it is given, and the seeds of random", () => {
  let draws = 0;
  const random = () => ++draws / 10;
  const limiter = new SketchLimiter("2/s", { name: "mine", random, clock: new FakeClock() });
  assertEquals([limiter.take("a").policy.name, limiter.policies[0].name, draws], [
    "mine",
    "mine",
    2,
  ]);
});
