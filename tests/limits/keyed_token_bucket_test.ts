import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DebtTable } from "../../limits/_debt_table.ts";
import { FakeClock } from "../../timeout/mod.ts";
import { KeyedTokenBucket } from "@pingo/pingo/limits";
import { RULES, type Taken } from "./_rules.ts";

const [{ allows }] = RULES.filter(({ name }) => name === "TokenBucket");

const model = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  windowMs: fc.integer({ min: 1, max: 500 }),
  burst: fc.integer({ min: 1, max: 6 }),
});
const stepsOver = (keys: number) =>
  fc.array(
    fc.record({
      key: fc.nat({ max: keys - 1 }).map(String),
      waitMs: fc.oneof(fc.constant(0), fc.nat({ max: 10 }), fc.nat({ max: 600 })),
      n: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.nat({ max: 7 })),
    }),
    { maxLength: 120 },
  );

Deno.test("KeyedTokenBucket is a TokenBucket for each key when there are no more than maxKeys (property)", () => {
  fc.assert(
    fc.property(model, stepsOver(5), (model, steps) => {
      const clock = new FakeClock({ now: 1_234 });
      const { burst, ...rate } = model;
      const limiter = new KeyedTokenBucket(rate, { burst, maxKeys: 5, clock });
      const takenOf = new Map<string, Taken[]>();
      for (const { key, waitMs, n } of steps) {
        clock.advance(waitMs);
        const now = clock.now();
        const taken = takenOf.get(key) ?? [];
        const expected = allows(taken, n, now, model);
        assertEquals(limiter.peek(key, n).retryAfterMs === 0, expected);
        const { isAllowed, remaining, retryAfterMs, resetMs } = limiter.take(key, n);
        assertEquals(isAllowed, expected);
        if (expected) takenOf.set(key, [...taken, { at: now, n }]);
        const all = takenOf.get(key) ?? [];
        assert(allows(all, remaining, now, model) && !allows(all, remaining + 1, now, model));
        assertEquals(retryAfterMs > 0, !expected);
        if (retryAfterMs > 0 && retryAfterMs < Infinity) {
          assert(allows(taken, n, now + retryAfterMs + 0.001, model));
          assert(!allows(taken, n, now + retryAfterMs - 0.001, model));
        }
        assert(allows(all, burst, now + resetMs + 0.001, model));
      }
    }),
    { numRuns: 300, verbose: 1 },
  );
});

Deno.test("KeyedTokenBucket never gives too much when keys outnumber maxKeys (property)", () => {
  fc.assert(
    fc.property(model, fc.integer({ min: 1, max: 4 }), stepsOver(12), (model, maxKeys, steps) => {
      const clock = new FakeClock();
      const { burst, ...rate } = model;
      const limiter = new KeyedTokenBucket(rate, { burst, maxKeys, clock });
      const takenOf = new Map<string, Taken[]>();
      for (const { key, waitMs, n } of steps) {
        clock.advance(waitMs);
        const now = clock.now();
        const taken = takenOf.get(key) ?? [];
        const isAllowed = limiter.allow(key, n);
        assert(limiter.size <= maxKeys);
        if (!isAllowed) continue;
        assert(allows(taken, n, now, model), `${key} got ${n} too much at ${now}`);
        takenOf.set(key, [...taken, { at: now, n }]);
      }
    }),
    { numRuns: 300, verbose: 1 },
  );
});

for (
  const { whenFull, again } of [
    { whenFull: "inherit", again: false },
    { whenFull: "forget", again: true },
  ] as const
) {
  Deno.test(`KeyedTokenBucket says ${again} to a key that was pushed out when it shall ${whenFull}`, () => {
    const clock = new FakeClock();
    const limiter = new KeyedTokenBucket("1/s", { maxKeys: 1, whenFull, clock });
    assertEquals(limiter.allow("a"), true);
    assertEquals(limiter.allow("b"), true);
    assertEquals(limiter.allow("a"), again);
    clock.advance(1_000);
    assertEquals(limiter.allow("c"), true);
  });
}

for (const whenFull of ["inherit", "forget"] as const) {
  Deno.test(`KeyedTokenBucket keeps a heavy key's debt when ever new keys come and it shall ${whenFull}`, () => {
    const clock = new FakeClock();
    const limiter = new KeyedTokenBucket("10/s", { maxKeys: 100, whenFull, clock });
    assertEquals(limiter.allow("heavy", 10), true);
    let passed = 0;
    for (let i = 0; i < 10_000; i++) {
      clock.advance(0.05); // 20,000 new keys a second; each owes for 100 ms: 2,000 at a time
      if (limiter.allow(`rotating ${i}`)) passed++;
      if (i % 10 === 0) limiter.allow("heavy");
    }
    assertEquals(limiter.size, 100);
    // 500 ms are over: five tokens came in, five were taken, and not one of ten thousand chances more.
    assertEquals(limiter.allow("heavy", 2), false);
    assert(passed > 0);
    if (whenFull === "forget") assertEquals(passed, 10_000);
  });
}

Deno.test("KeyedTokenBucket gives a newcomer all when those who are forgotten owe nothing", () => {
  const clock = new FakeClock();
  const limiter = new KeyedTokenBucket("10/s", { burst: 2, maxKeys: 3, clock });
  for (let i = 0; i < 50; i++) {
    assertEquals(limiter.allow(`key ${i}`, 2), true);
    clock.advance(100);
  }
  assertEquals(limiter.size, 3);
});

Deno.test("KeyedTokenBucket lets a newcomer begin with as little as the fullest key that was forgotten", () => {
  const clock = new FakeClock();
  const limiter = new KeyedTokenBucket("10/s", { burst: 4, maxKeys: 2, clock });
  limiter.allow("a", 3);
  limiter.allow("b", 2); // the fullest one: it goes
  limiter.allow("c", 1);
  assertEquals(limiter.peek("b").remaining, 2);
  assertEquals(limiter.peek("new").remaining, 2);
  assertEquals(limiter.peek("c").remaining, 3);
  assertEquals(limiter.peek("a").remaining, 1);
});

Deno.test("KeyedTokenBucket remembers nobody who takes nothing or is refused", () => {
  const limiter = new KeyedTokenBucket("1/s", { clock: new FakeClock() });
  limiter.allow("a", 0);
  limiter.allow("b", 2);
  limiter.peek("c");
  assertEquals(limiter.size, 0);
});

Deno.test("KeyedTokenBucket tells long keys apart, wherever they differ", () => {
  const limiter = new KeyedTokenBucket("1/m", { clock: new FakeClock() });
  const long = "x".repeat(5_000);
  const keys = [long, `${long}y`, `y${long}`, `${long}y${long}`, `${long}z${long}`];
  for (const key of keys) assertEquals([limiter.allow(key), limiter.allow(key)], [true, false]);
});

Deno.test("KeyedTokenBucket keeps little of long keys", () => {
  const table = new DebtTable(10, () => 0.5);
  assertEquals(table.nameOf("x".repeat(128)).length, 128);
  assert(table.nameOf("x".repeat(1_000_000)).length < 128);
});

Deno.test("KeyedTokenBucket never remembers more than maxKeys", () => {
  const clock = new FakeClock();
  const limiter = new KeyedTokenBucket("1/h", { maxKeys: 1_000, whenFull: "forget", clock });
  for (let i = 0; i < 200_000; i++) limiter.allow(`${i}`.padEnd(100, "x"));
  assertEquals(limiter.size, 1_000);
});

const broken: { name: string; make: () => unknown; error: new () => Error }[] = [
  { name: "burst 0", make: () => new KeyedTokenBucket("1/s", { burst: 0 }), error: RangeError },
  { name: "maxKeys 0", make: () => new KeyedTokenBucket("1/s", { maxKeys: 0 }), error: RangeError },
  {
    name: "maxKeys 0.5",
    make: () => new KeyedTokenBucket("1/s", { maxKeys: 0.5 }),
    error: RangeError,
  },
  {
    name: "maxKeys beyond 2 ** 24",
    make: () => new KeyedTokenBucket("1/s", { maxKeys: 2 ** 24 + 1 }),
    error: RangeError,
  },
  {
    name: "another whenFull",
    // deno-lint-ignore no-explicit-any
    make: () => new KeyedTokenBucket("1/s", { whenFull: "lru" as any }),
    error: TypeError,
  },
];
for (const { name, make, error } of broken) {
  Deno.test(`KeyedTokenBucket cannot be made with ${name}`, () => {
    assertThrows(make, error);
  });
}

Deno.test("KeyedTokenBucket throws when a number of units is broken", () => {
  const limiter = new KeyedTokenBucket("1/s");
  for (const n of [-1, NaN, Infinity]) {
    assertThrows(() => limiter.allow("a", n), RangeError);
    assertThrows(() => limiter.take("a", n), RangeError);
    assertThrows(() => limiter.peek("a", n), RangeError);
  }
  assertEquals(limiter.take("a", 2).retryAfterMs, Infinity);
});

for (const whenFull of ["inherit", "forget"] as const) {
  Deno.test(`KeyedTokenBucket keeps a key that came first and took more since, when it shall ${whenFull}`, () => {
    const clock = new FakeClock();
    const limiter = new KeyedTokenBucket("10/s", { burst: 4, maxKeys: 3, whenFull, clock });
    limiter.allow("a");
    limiter.allow("b", 2);
    limiter.allow("c", 3);
    limiter.allow("a", 3);
    limiter.allow("new", 1); // b owes least, though a did when they came
    assertEquals(["a", "c"].map((key) => limiter.peek(key).remaining), [0, 1]);
    assertEquals(limiter.peek("b").remaining, whenFull === "inherit" ? 2 : 4);
  });
}

Deno.test("KeyedTokenBucket pushes out in the order of the debts (property)", () => {
  const debts = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(debts, fc.array(fc.nat({ max: 39 })), (debts, more) => {
      const limiter = new KeyedTokenBucket("1/s", {
        burst: 1e9,
        maxKeys: debts.length,
        whenFull: "forget",
        clock: new FakeClock(),
      });
      const owed = new Map<string, number>();
      const take = (key: string, n: number) => {
        assert(limiter.allow(key, n));
        owed.set(key, (owed.get(key) ?? 0) + n);
      };
      debts.forEach((n, i) => take(`${i}`, n));
      // Fractions keep the debts apart.
      more.forEach((i, step) => owed.has(`${i}`) && take(`${i}`, 1 / (step + 3)));
      const order = [...owed].sort(([, a], [, b]) => a - b).map(([key]) => key);
      order.forEach((key, i) => {
        limiter.allow(`new ${i}`, 1e6 + i);
        assertEquals(limiter.peek(key).remaining, 1e9, `${key} was to go`);
        for (const other of order.slice(i + 1)) {
          assert(limiter.peek(other).remaining < 1e9, `${other} was to stay`);
        }
      });
    }),
    { numRuns: 100, verbose: 1 },
  );
});

Deno.test("KeyedTokenBucket folds long keys by seeds that random gives", () => {
  let draws = 0;
  const random = () => ++draws / 10;
  const limiter = new KeyedTokenBucket("1/h", { clock: new FakeClock(), random });
  assertEquals(draws, 2);
  const long = "x".repeat(1_000);
  assertEquals([limiter.allow(long), limiter.allow(long), limiter.allow(`${long}y`)], [
    true,
    false,
    true,
  ]);
});
