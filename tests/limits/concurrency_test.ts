import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProxyError } from "../../errors/mod.ts";
import { ConcurrencyLimit, KeyedConcurrency, type Permit } from "@pingo/pingo/limits";
import { CountingSignal } from "../timeout/_counting_signal.ts";
import { settle } from "./_stepping_clock.ts";

type Step =
  | { readonly do: "acquire" | "try" }
  | { readonly do: "release" | "cancel"; readonly which: number }
  | { readonly do: "limit"; readonly limit: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("acquire" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("try" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("limit" as const),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
);

Deno.test("ConcurrencyLimit never lets too many in, leaves no place empty while somebody waits, in order (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(step, { maxLength: 60 }),
      async (first, steps) => {
        const limit = new ConcurrencyLimit(first);
        const held: Permit[] = [];
        const line: { readonly controller: AbortController; readonly id: number }[] = [];
        let ids = 0;
        for (const step of steps) {
          if (step.do === "try") {
            const permit = limit.tryAcquire();
            assertEquals(permit !== null, held.length < limit.limit, "a free place is to be had");
            if (permit !== null) held.push(permit);
          } else if (step.do === "acquire") {
            const id = ids++;
            const controller = new AbortController();
            line.push({ controller, id });
            limit.acquire({ signal: controller.signal }).then((permit) => {
              assertEquals(line.shift()?.id, id, "arrival order");
              held.push(permit);
            }, (reason) => assertEquals(reason, "gone"));
          } else if (step.do === "release") {
            held.splice(step.which % Math.max(1, held.length), 1)[0]?.[Symbol.dispose]();
          } else if (step.do === "cancel") {
            line.splice(step.which % Math.max(1, line.length), 1)[0]?.controller.abort("gone");
          } else if (step.do === "limit") {
            limit.limit = step.limit;
          }
          await settle();
          assertEquals([limit.inFlight, limit.waiting], [held.length, line.length]);
          assert(line.length === 0 || held.length >= limit.limit, "a place is empty");
        }
        for (const { controller } of line.splice(0)) controller.abort("gone");
        for (const permit of held) permit[Symbol.dispose]();
        assertEquals(limit.inFlight, 0);
      },
    ),
    { numRuns: 200, verbose: 1 },
  );
});

Deno.test("ConcurrencyLimit gives a place back once when a permit is disposed of twice", () => {
  const limit = new ConcurrencyLimit(2);
  const [one, two] = [limit.tryAcquire(), limit.tryAcquire()];
  one?.[Symbol.dispose]();
  one?.[Symbol.dispose]();
  assertEquals(limit.inFlight, 1);
  two?.[Symbol.dispose]();
});

Deno.test("ConcurrencyLimit.acquire() turns away with overloaded when maxWaiting wait", async () => {
  const limit = new ConcurrencyLimit(1, { maxWaiting: 1 });
  const permit = await limit.acquire();
  const second = limit.acquire();
  const error = await limit.acquire().catch((error) => error);
  assertInstanceOf(error, ProxyError);
  assertEquals([error.kind, error.status], ["overloaded", 503]);
  permit[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  assertEquals(limit.inFlight, 0);
});

Deno.test("ConcurrencyLimit.acquire() takes no place when the signal has fired", async () => {
  const limit = new ConcurrencyLimit(1);
  const signal = AbortSignal.abort("gone");
  assertEquals(await limit.acquire({ signal }).catch((reason) => reason), "gone");
  assertEquals(limit.inFlight, 0);
});

Deno.test("ConcurrencyLimit throws when a number is out of range", () => {
  for (const limit of [0, 1.5, NaN, Infinity]) {
    assertThrows(() => new ConcurrencyLimit(limit), RangeError);
    assertThrows(() => new KeyedConcurrency(limit), RangeError);
    assertThrows(() => new ConcurrencyLimit(1).limit = limit, RangeError);
  }
  assertThrows(() => new ConcurrencyLimit(1, { maxWaiting: -1 }), RangeError);
});

Deno.test("KeyedConcurrency counts each key for itself, and keeps none that is idle", () => {
  const limit = new KeyedConcurrency(2);
  const permits = [limit.tryAcquire("a"), limit.tryAcquire("a")];
  assertEquals([limit.tryEnter("a"), limit.tryEnter("b")], [false, true]);
  assertEquals([limit.inFlight("a"), limit.inFlight("b"), limit.size], [2, 1, 2]);
  limit.leave("b");
  for (const permit of permits) permit?.[Symbol.dispose]();
  for (const permit of permits) permit?.[Symbol.dispose]();
  assertEquals([limit.inFlight("a"), limit.size], [0, 0]);
});

Deno.test("ConcurrencyLimit.acquire() takes its listener off the signal", async () => {
  const limit = new ConcurrencyLimit(1);
  const first = await limit.acquire();
  const counting = new CountingSignal();
  const second = limit.acquire({ signal: counting.signal });
  assertEquals(counting.listeners, 1);
  first[Symbol.dispose]();
  using _second = await second;
  assertEquals(counting.listeners, 0);
});
