import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type Clock, FakeClock, sleep } from "@pingo/pingo/timeout";
import { CountingSignal } from "./_counting_signal.ts";

Deno.test("sleep() resolves when its time is over", async () => {
  const clock = new FakeClock();
  let isAwake = false;
  const slept = sleep(100, { clock }).then(() => isAwake = true);
  await clock.advanceAsync(99);
  assertEquals(isAwake, false);
  await clock.advanceAsync(1);
  assertEquals(isAwake, true);
  await slept;
});

Deno.test("sleep() rejects with the reason when the signal fires, and leaves no timer", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const slept = sleep(100, { clock, signal: stop.signal });
  const reason = new Error("client left");
  stop.abort(reason);
  assertStrictEquals(await assertRejects(() => slept), reason);
  assertEquals(clock.timerCount, 0);
});

Deno.test("sleep() sets no timer when the signal has fired before", async () => {
  const clock = new FakeClock();
  const reason = new Error("client left");
  const slept = sleep(100, { clock, signal: AbortSignal.abort(reason) });
  assertEquals(clock.timerCount, 0);
  assertStrictEquals(await assertRejects(() => slept), reason);
});

Deno.test("sleep() without end is woken by its signal only", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const slept = sleep(Infinity, { clock, signal: stop.signal });
  assertEquals(clock.timerCount, 0);
  stop.abort("enough");
  await slept.then(() => {
    throw new Error("slept through");
  }, (reason) => assertEquals(reason, "enough"));
});

for (const ms of [-1, NaN]) {
  Deno.test(`sleep() rejects with RangeError when the time is ${ms}`, async () => {
    await assertRejects(() => sleep(ms), RangeError, "is not a duration");
  });
}

Deno.test("sleep() takes its listener off the signal", async () => {
  const clock = new FakeClock();
  const signal = new CountingSignal();
  const slept = sleep(10, { clock, signal: signal.signal });
  assertEquals(signal.listeners, 1);
  clock.advance(10);
  await slept;
  assertEquals(signal.listeners, 0);
});

Deno.test("sleep() keeps the process alive unless it is told not to", async () => {
  const told: (boolean | undefined)[] = [];
  const clock: Clock = {
    now: () => 0,
    epoch: () => 0,
    setTimer(fire, _delayMs, options) {
      told.push(options?.keepAlive);
      fire();
      return () => {};
    },
  };
  for (const keepAlive of [undefined, true, false]) await sleep(1, { clock, keepAlive });
  assertEquals(told, [true, true, false]);
});
