import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FakeClock, RetryBudget, type RetryBudgetOptions } from "@pingo/pingo/timeout";

function withdrawals(budget: RetryBudget): number {
  let count = 0;
  while (budget.tryWithdraw()) count++;
  return count;
}

Deno.test("RetryBudget has 20 % and 10 a second over 10 s by default", () => {
  const clock = new FakeClock();
  const budget = new RetryBudget({ clock });
  assertEquals(budget.balance, 100);
  for (let n = 0; n < 1_000; n++) budget.deposit();
  assertEquals(budget.balance, 300);
  assertEquals(withdrawals(budget), 300);
  assertEquals(budget.balance, 0);
  clock.advance(9_999);
  assertEquals(withdrawals(budget), 0);
  clock.advance(1);
  assertEquals(withdrawals(budget), 100);
});

Deno.test("RetryBudget counts what it has refused", () => {
  const budget = new RetryBudget({ ratio: 1, minPerSecond: 0, clock: new FakeClock() });
  budget.deposit();
  assertEquals([budget.tryWithdraw(), budget.refused], [true, 0]);
  assertEquals([withdrawals(budget), budget.tryWithdraw(), budget.refused], [0, false, 2]);
});

Deno.test("tryWithdraw() takes nothing when it refuses", () => {
  const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0, clock: new FakeClock() });
  budget.deposit();
  assertFalse(budget.tryWithdraw());
  assertFalse(budget.tryWithdraw());
  budget.deposit();
  assert(budget.tryWithdraw());
});

Deno.test("deposits are forgotten slice by slice", () => {
  const clock = new FakeClock();
  const budget = new RetryBudget({ ratio: 1, minPerSecond: 0, ttlMs: 10_000, clock });
  budget.deposit();
  clock.advance(1_000);
  budget.deposit();
  clock.advance(8_999);
  assertEquals(budget.balance, 2);
  clock.advance(1);
  assertEquals(budget.balance, 1);
  clock.advance(1_000);
  assertEquals(budget.balance, 0);
  budget.deposit();
  clock.advance(1e9);
  assertEquals(budget.balance, 0);
});

Deno.test("ratio, minPerSecond and ttlMs decide how many", () => {
  const clock = new FakeClock();
  const count = (options: RetryBudgetOptions, deposits: number): number => {
    const budget = new RetryBudget({ clock, ...options });
    for (let n = 0; n < deposits; n++) budget.deposit();
    return withdrawals(budget);
  };
  assertEquals(count({ ratio: 0, minPerSecond: 0 }, 100), 0);
  assertEquals(count({ ratio: 0.1, minPerSecond: 0 }, 100), 10);
  assertEquals(count({ ratio: 2, minPerSecond: 0 }, 100), 200);
  assertEquals(count({ ratio: 0, minPerSecond: 3 }, 100), 30);
  assertEquals(count({ ratio: 0, minPerSecond: 3, ttlMs: 2_000 }, 100), 6);
  assertEquals(count({ ratio: 1 / 3, minPerSecond: 0 }, 3), 0); // never a part more
});

type Step = "deposit" | "withdraw" | number;
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step>("deposit") },
  { weight: 6, arbitrary: fc.constant<Step>("withdraw") },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3_000 }) },
);

Deno.test("RetryBudget never exceeds its rule, and owes nothing (property)", () => {
  fc.assert(
    fc.property(
      fc.array<Step>(step, { maxLength: 300 }),
      fc.constantFrom(0, 0.1, 0.2, 0.7, 1.5),
      fc.constantFrom(0, 0.5, 1),
      (steps, ratio, minPerSecond) => {
        const clock = new FakeClock({ now: 123 });
        const budget = new RetryBudget({ ratio, minPerSecond, clock });
        const past: { slice: number; deposit: boolean }[] = [];
        for (const step of steps) {
          if (typeof step === "number") {
            clock.advance(step);
            continue;
          }
          const slice = Math.floor(clock.now() / 1_000);
          if (step === "deposit") {
            budget.deposit();
            past.push({ slice, deposit: true });
            continue;
          }
          const known = past.filter((each) => each.slice > slice - 10);
          const requests = known.filter(({ deposit }) => deposit).length;
          const retries = known.length - requests;
          // In tenths, so that the model's sums are exact too.
          const allowed = Math.round(ratio * 10) * requests + minPerSecond * 10 * 10;
          const isAllowed = (retries + 1) * 10 <= allowed;
          assertEquals(budget.tryWithdraw(), isAllowed);
          if (isAllowed) past.push({ slice, deposit: false });
        }
      },
    ),
    { numRuns: 300, verbose: 1 },
  );
});

const outOfRange: { options: RetryBudgetOptions; text: string }[] = [
  { options: { ratio: -0.1 }, text: "ratio -0.1" },
  { options: { ratio: 1001 }, text: "ratio 1001" },
  { options: { ratio: NaN }, text: "ratio NaN" },
  { options: { minPerSecond: -1 }, text: "minPerSecond -1" },
  { options: { minPerSecond: Infinity }, text: "minPerSecond Infinity" },
  { options: { ttlMs: 999 }, text: "ttlMs 999" },
  { options: { ttlMs: 60_001 }, text: "ttlMs 60001" },
];
for (const { options, text } of outOfRange) {
  Deno.test(`RetryBudget throws RangeError when given ${text}`, () => {
    assertThrows(() => new RetryBudget(options), RangeError, text);
  });
}

Deno.test("RetryBudget forgets alike before the zero of its clock", () => {
  const clock = new FakeClock({ now: -25_000 });
  const budget = new RetryBudget({ minPerSecond: 0, clock });
  for (let n = 0; n < 10; n++) budget.deposit();
  clock.advance(5_000);
  assertEquals(budget.balance, 2);
  clock.advance(5_000);
  assertEquals([budget.balance, budget.tryWithdraw()], [0, false]);
});
