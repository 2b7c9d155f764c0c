import { assertEquals, assertThrows } from "@std/assert";
import { FakeClock, sleep } from "@pingo/pingo/timeout";

Deno.test("FakeClock stands still until it is advanced", () => {
  const clock = new FakeClock({ now: 500, epoch: 1_700_000_000_000 });
  assertEquals([clock.now(), clock.epoch()], [500, 1_700_000_000_000]);
  clock.advance(0.5);
  assertEquals([clock.now(), clock.epoch()], [500.5, 1_700_000_000_000.5]);
});

Deno.test("advance() fires by time, then by the order of setting", () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  const set = (name: string, ms: number) =>
    clock.setTimer(() => fired.push(`${name}@${clock.now()}`), ms);
  set("c", 20);
  set("a", 10);
  set("b", 10);
  set("later", 31);
  clock.advance(30);
  assertEquals(fired, ["a@10", "b@10", "c@20"]);
  assertEquals(clock.now(), 30);
  assertEquals(clock.timerCount, 1);
});

Deno.test("advance() fires timers that timers set", () => {
  const clock = new FakeClock();
  const fired: number[] = [];
  const again = (): void => {
    fired.push(clock.now());
    clock.setTimer(again, 10);
  };
  clock.setTimer(again, 10);
  clock.advance(35);
  assertEquals(fired, [10, 20, 30]);
});

Deno.test("advance() does not fire what was cancelled, also by another timer", () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  const cancelA = clock.setTimer(() => fired.push("a"), 5);
  clock.setTimer(() => cancelB(), 5);
  const cancelB = clock.setTimer(() => fired.push("b"), 5);
  cancelA();
  cancelA();
  clock.advance(10);
  assertEquals(fired, []);
  assertEquals(clock.timerCount, 0);
});

for (const ms of [-1, NaN, Infinity]) {
  Deno.test(`advance() throws RangeError when the step is ${ms}`, () => {
    assertThrows(() => new FakeClock().advance(ms), RangeError, "is not a step");
  });
}

Deno.test("advanceAsync() lets code that awaits set its next timer", async () => {
  const clock = new FakeClock();
  const fired: number[] = [];
  const loop = (async () => {
    for (let n = 0; n < 3; n++) {
      await sleep(10, { clock });
      await Promise.resolve();
      fired.push(clock.now());
    }
  })();
  await clock.advanceAsync(35);
  await loop;
  assertEquals(fired, [10, 20, 30]);
  assertEquals(clock.now(), 35);
});
