import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProxyError } from "@pingo/pingo/errors";
import {
  Bulkhead,
  type BulkheadOptions,
  type BulkheadSlot,
  FakeClock,
  sleep,
  TimerWheel,
} from "@pingo/pingo/timeout";
import { CountingSignal } from "./_counting_signal.ts";

function gate(): { open: () => void; pass: () => Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, pass: () => promise };
}

/** A turn in which all that can go on does. */
async function turn(): Promise<void> {
  await new FakeClock().advanceAsync(0);
}

Deno.test("call() gives the result and hands the context on", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1 });
  const context = { attempt: 2 };
  assertStrictEquals(await bulkhead.call((each) => each, context), context);
  assertEquals(bulkhead.activeCount, 0);
});

Deno.test("call() is refused as overloaded when all slots and places are taken", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 2, maxQueue: 1 });
  const { open, pass } = gate();
  const running = [bulkhead.call(pass), bulkhead.call(pass), bulkhead.call(pass)];
  assertEquals([bulkhead.activeCount, bulkhead.queuedCount], [2, 1]);
  const error = await assertRejects(() => bulkhead.call(pass), ProxyError);
  assertEquals(error.message, "Cannot enter bulkhead: all 2 slots are taken and 1 wait");
  assertEquals([error.kind, error.status], ["overloaded", 503]);
  open();
  await Promise.all(running);
  assertEquals([bulkhead.activeCount, bulkhead.queuedCount], [0, 0]);
});

Deno.test("a bulkhead has no queue by default", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1 });
  using _slot = await bulkhead.acquire();
  await assertRejects(() => bulkhead.acquire(), ProxyError);
  assertEquals(bulkhead.tryAcquire(), null);
});

Deno.test("call() frees its slot when the operation fails, at once or later", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1 });
  await assertRejects(
    () => bulkhead.call(() => Promise.reject(new Error("later"))),
    Error,
    "later",
  );
  await assertRejects(() =>
    bulkhead.call(() => {
      throw new Error("at once");
    }), Error);
  assertEquals(bulkhead.activeCount, 0);
});

Deno.test("who waits is served in order, and nobody overtakes", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 3 });
  const order: string[] = [];
  const slot = await bulkhead.acquire();
  const waiting = ["a", "b", "c"].map((name) => bulkhead.call(() => void order.push(name)));
  slot.release();
  assertEquals(bulkhead.tryAcquire(), null); // it is handed over already
  await Promise.all(waiting);
  assertEquals(order, ["a", "b", "c"]);
});

Deno.test("a slot is given back once, however often it is released", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 2 });
  const [a, b] = [await bulkhead.acquire(), bulkhead.tryAcquire()];
  assert(b !== null);
  a.release();
  a.release();
  a[Symbol.dispose]();
  assertEquals(bulkhead.activeCount, 1);
  b[Symbol.dispose]();
  assertEquals(bulkhead.activeCount, 0);
});

Deno.test("the signal ends a wait, and the next in line moves up", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 3 });
  const slot = await bulkhead.acquire();
  const controller = new AbortController();
  const order: string[] = [];
  const a = bulkhead.call(() => void order.push("a"));
  const b = bulkhead.call(() => void order.push("b"), { signal: controller.signal });
  const c = bulkhead.call(() => void order.push("c"));
  const reason = new Error("client left");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => b), reason);
  assertEquals(bulkhead.queuedCount, 2);
  slot.release();
  await Promise.all([a, c]);
  assertEquals([order, bulkhead.activeCount], [["a", "c"], 0]);
});

Deno.test("a signal that fires right after the slot was handed over gives it on", async () => {
  for (const how of ["call", "acquire"] as const) {
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1 });
    const slot = await bulkhead.acquire();
    const { signal, abort } = ((controller) => ({
      signal: controller.signal,
      abort: () => controller.abort("client left"),
    }))(new AbortController());
    let calls = 0;
    const waiting = how === "call"
      ? bulkhead.call(() => calls++, { signal })
      : bulkhead.acquire({ signal });
    slot.release();
    abort();
    await waiting.then(() => assert(false), (reason) => assertEquals(reason, "client left"));
    assertEquals([calls, bulkhead.activeCount, bulkhead.queuedCount], [0, 0, 0]);
  }
});

Deno.test("several may leave the line, neighbours too, and the rest keeps its order", async () => {
  for (const leaving of [["b", "c"], ["c", "b"], ["a", "b"], ["d", "c"], ["a", "d"]]) {
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 4 });
    const slot = await bulkhead.acquire();
    const order: string[] = [];
    const names = ["a", "b", "c", "d"];
    const controllers = new Map(names.map((name) => [name, new AbortController()]));
    const calls = names.map((name) =>
      bulkhead.call(() => void order.push(name), { signal: controllers.get(name)?.signal })
    );
    const ends = Promise.allSettled(calls);
    for (const name of leaving) controllers.get(name)?.abort();
    assertEquals(bulkhead.queuedCount, 2);
    slot.release();
    await ends;
    assertEquals(order, names.filter((name) => !leaving.includes(name)));
    assertEquals([bulkhead.activeCount, bulkhead.queuedCount], [0, 0]);
  }
});

Deno.test("nothing begins when the signal has fired before", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1 });
  const signal = AbortSignal.abort(new Error("client left"));
  let calls = 0;
  await assertRejects(() => bulkhead.call(() => calls++, { signal }), Error, "client left");
  await assertRejects(() => bulkhead.acquire({ signal }), Error, "client left");
  assertEquals([calls, bulkhead.activeCount], [0, 0]);
});

Deno.test("maxWaitMs ends a wait", async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 2, maxWaitMs: 100, clock });
  const slot = await bulkhead.acquire();
  assertEquals(clock.timerCount, 0);
  const late = bulkhead.acquire();
  const rejected = assertRejects(() => late, ProxyError, "no slot became free within 100 ms");
  clock.advance(50);
  const next = bulkhead.acquire();
  clock.advance(50);
  assertEquals((await rejected).kind, "overloaded");
  assertEquals(bulkhead.queuedCount, 1);
  slot.release();
  (await next).release();
  assertEquals([bulkhead.activeCount, clock.timerCount], [0, 0]);
});

Deno.test("a wait leaves no timer and no listener, however it ends", async () => {
  const clock = new FakeClock();
  using wheel = new TimerWheel({ clock });
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1, maxWaitMs: 1_000, clock: wheel });
  const counting = new CountingSignal();
  const slot = await bulkhead.acquire();
  const served = bulkhead.acquire({ signal: counting.signal });
  assertEquals([counting.listeners, wheel.armedCount], [1, 1]);
  slot.release();
  using _served = await served;
  assertEquals([counting.listeners, wheel.armedCount], [0, 0]);
  const late = bulkhead.call(() => {}, { signal: counting.signal });
  clock.advance(1_100);
  await assertRejects(() => late, ProxyError);
  assertEquals([counting.listeners, wheel.armedCount, bulkhead.queuedCount], [0, 0, 0]);
});

type Step =
  | { readonly do: "acquire" | "try" }
  | { readonly do: "release" | "abort"; readonly which: number };
const which = fc.nat({ max: 100 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("acquire" as const, "try" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release" as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("abort" as const), which }) },
);

Deno.test("Bulkhead is never above its cap, and first come, first served (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 4 }),
      async (steps, maxConcurrent, maxQueue) => {
        const bulkhead = new Bulkhead({ maxConcurrent, maxQueue });
        const held: { id: number; slot: BulkheadSlot }[] = [];
        const controllers = new Map<number, AbortController>();
        // The model: who holds a slot and who waits, by number.
        let active: number[] = [];
        let queue: number[] = [];
        let next = 0;
        for (const step of steps) {
          if (step.do === "acquire") {
            const id = next++;
            const controller = new AbortController();
            controllers.set(id, controller);
            void bulkhead.acquire({ signal: controller.signal }).then(
              (slot) => held.push({ id, slot }),
              () => {},
            );
            if (active.length < maxConcurrent) active.push(id);
            else if (queue.length < maxQueue) queue.push(id);
          } else if (step.do === "try") {
            const slot = bulkhead.tryAcquire();
            assertEquals(slot !== null, active.length < maxConcurrent);
            if (slot !== null) {
              active.push(next);
              held.push({ id: next++, slot });
            }
          } else if (step.do === "release" && held.length > 0) {
            const [{ id, slot }] = held.splice(step.which % held.length, 1);
            slot.release();
            active = active.filter((each) => each !== id);
            const first = queue.shift();
            if (first !== undefined) active.push(first);
          } else if (step.do === "abort" && queue.length > 0) {
            const id = queue[step.which % queue.length];
            controllers.get(id)?.abort();
            queue = queue.filter((each) => each !== id);
          }
          await turn();
          assert(bulkhead.activeCount <= maxConcurrent);
          assertEquals([bulkhead.activeCount, bulkhead.queuedCount], [active.length, queue.length]);
          assertEquals(held.map(({ id }) => id).sort(), [...active].sort());
        }
      },
    ),
    { numRuns: 60, verbose: 1 },
  );
});

Deno.test("call() never runs more than its cap, and frees what fails (property)", async () => {
  const operation = fc.record({ ms: fc.nat({ max: 30 }), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (operations, maxConcurrent) => {
        const clock = new FakeClock();
        const bulkhead = new Bulkhead({ maxConcurrent, maxQueue: operations.length });
        let running = 0;
        const begun: number[] = [];
        const calls = operations.map(({ ms, fails }, n) =>
          bulkhead.call(async () => {
            begun.push(n);
            assert(++running <= maxConcurrent);
            await sleep(ms, { clock });
            running--;
            if (fails) throw new Error("refused");
          })
        );
        const ends = Promise.allSettled(calls);
        await clock.advanceAsync(30 * operations.length);
        const results = await ends;
        assertEquals(
          results.map(({ status }) => status === "rejected"),
          operations.map((each) => each.fails),
        );
        assertEquals(begun, operations.map((_, n) => n));
        assertEquals([bulkhead.activeCount, bulkhead.queuedCount], [0, 0]);
      },
    ),
    { numRuns: 30, verbose: 1 },
  );
});

const outOfRange: { options: BulkheadOptions; text: string }[] = [
  { options: { maxConcurrent: 0 }, text: "maxConcurrent 0" },
  { options: { maxConcurrent: Infinity }, text: "maxConcurrent Infinity" },
  { options: { maxConcurrent: 1, maxQueue: -1 }, text: "maxQueue -1" },
  { options: { maxConcurrent: 1, maxWaitMs: NaN }, text: "NaN ms" },
];
for (const { options, text } of outOfRange) {
  Deno.test(`Bulkhead throws RangeError when given ${text}`, () => {
    assertThrows(() => new Bulkhead(options), RangeError, text);
  });
}

Deno.test("Bulkhead waits on the system's clock", async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1, maxWaitMs: 1 });
  using _slot = await bulkhead.acquire();
  await assertRejects(() => bulkhead.acquire(), ProxyError, "within 1 ms");
});
