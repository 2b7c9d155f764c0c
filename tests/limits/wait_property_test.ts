import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Model, RULES, type Taken } from "./_rules.ts";
import { settle, SteppingClock } from "./_stepping_clock.ts";

type Step =
  | { readonly do: "wait" | "allow"; readonly n: number }
  | { readonly do: "cancel"; readonly which: number }
  | { readonly do: "advance"; readonly ms: number };

const model: fc.Arbitrary<Model> = fc.record({
  limit: fc.integer({ min: 2, max: 10 }),
  windowMs: fc.integer({ min: 1, max: 100 }),
  burst: fc.integer({ min: 1, max: 6 }),
});
const n = fc.integer({ min: 0, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("allow" as const), n }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat(60) }) },
);

interface Waiter {
  readonly id: number;
  readonly n: number;
  readonly controller: AbortController;
  done: boolean;
}

/** Twice what a limiter may be too early by. */
const TOLERANCE_MS = 2 / 1024;

for (const { name, make, allows } of RULES) {
  Deno.test(`${name}.wait() serves in arrival order, as soon as the rule allows, over one timer (property)`, async () => {
    await fc.assert(
      fc.asyncProperty(model, fc.array(step, { maxLength: 40 }), async (model, steps) => {
        const clock = new SteppingClock();
        const limiter = make(model, clock);
        const { limit } = limiter.peek();
        const taken: Taken[] = [];
        const waiters: Waiter[] = [];
        const pass = (n: number): void => {
          const now = clock.now();
          assert(allows(taken, n, now + TOLERANCE_MS, model), `${n} at ${now} is too much`);
          taken.push({ at: now, n });
        };
        const check = (): void => {
          const open = waiters.filter((waiter) => !waiter.done);
          assertEquals(limiter.waiting, open.length);
          assertEquals(clock.timerCount, open.length > 0 ? 1 : 0, "timers");
          if (open.length === 0) return;
          const early = clock.now() - TOLERANCE_MS;
          const isDue = early >= (taken.at(-1)?.at ?? 0) &&
            allows(taken, open[0].n, early, model);
          assert(!isDue, `${open[0].n} are owed at ${clock.now()}`);
        };
        for (const step of steps) {
          if (step.do === "advance") await clock.advance(step.ms);
          if (step.do === "cancel") {
            const open = waiters.filter((waiter) => !waiter.done);
            const waiter = open[step.which % open.length];
            if (waiter !== undefined) {
              waiter.done = true;
              waiter.controller.abort("given up");
            }
          }
          if (step.do === "allow") {
            const open = waiters.some((waiter) => !waiter.done);
            const isAllowed = limiter.allow(step.n);
            if (open) assertEquals(isAllowed, false, "nobody comes before those who wait");
            if (isAllowed) pass(step.n);
          }
          if (step.do === "wait" && step.n <= limit) {
            const controller = new AbortController();
            const waiter = { id: waiters.length, n: step.n, controller, done: false };
            waiters.push(waiter);
            limiter.wait({ n: step.n, signal: controller.signal }).then(() => {
              const first = waiters.find((waiter) => !waiter.done);
              assertEquals(first?.id, waiter.id, "arrival order");
              waiter.done = true;
              pass(waiter.n);
            }, (reason) => assertEquals([reason, waiter.done], ["given up", true]));
          }
          await settle();
          check();
        }
        await clock.advance(10_000);
        assert(waiters.every((waiter) => waiter.done), "somebody waits for ever");
        assertEquals(clock.timerCount, 0);
      }),
      { numRuns: 150, verbose: 1 },
    );
  });
}
