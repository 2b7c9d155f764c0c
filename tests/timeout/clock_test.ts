import { assert, assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { systemClock, systemRandom } from "@pingo/pingo/timeout";

Deno.test("systemClock.setTimer() fires not before its delay", async () => {
  const early: number[] = [];
  const start = systemClock.now();
  const delays = [0, 0.4, 1, 1.7, 3.3, 10, 10.9];
  await Promise.all(
    delays.map((delay) =>
      new Promise<void>((resolve) =>
        systemClock.setTimer(() => {
          if (systemClock.now() - start < delay) early.push(delay);
          resolve();
        }, delay)
      )
    ),
  );
  assertEquals(early, []);
});

Deno.test("systemClock.setTimer() leaves nothing when it is cancelled", () => {
  // The sanitizer of Deno.test fails this if the timer stays.
  const cancel = systemClock.setTimer(() => {}, 60_000);
  cancel();
  cancel();
  const cancelFree = systemClock.setTimer(() => {}, 60_000, { keepAlive: false });
  cancelFree();
});

Deno.test("systemClock.setTimer() takes a delay longer than setTimeout does", () => {
  using time = new FakeTime();
  let fired = 0;
  systemClock.setTimer(() => fired++, 2 ** 31 + 1_000);
  time.tick(2 ** 31 - 1);
  assertEquals(fired, 0);
  time.tick(1_000);
  assertEquals(fired, 0);
  time.tick(1);
  assertEquals(fired, 1);
});

Deno.test("systemClock.setTimer() cancels in the second part of a long delay", () => {
  using time = new FakeTime();
  let fired = 0;
  const cancel = systemClock.setTimer(() => fired++, 2 ** 32);
  time.tick(2 ** 31);
  cancel();
  time.tick(2 ** 32);
  assertEquals(fired, 0);
});

Deno.test("systemClock.setTimer() does not hold the process when keepAlive is false", async () => {
  const mod = new URL("../../timeout/mod.ts", import.meta.url);
  const script = `import { systemClock, TimerWheel } from "${mod}";
    systemClock.setTimer(() => console.log("fired"), 60_000, { keepAlive: false });
    new TimerWheel({ keepAlive: false }).timer(() => console.log("fired")).arm(60_000);
    console.log("end");`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", script] });
  const started = systemClock.now();
  const { code, stdout } = await child.output();
  assertEquals(code, 0);
  assertEquals(new TextDecoder().decode(stdout), "end\n");
  assert(systemClock.now() - started < 50_000);
});

Deno.test("systemClock tells monotonic and wall time", () => {
  const before = systemClock.now();
  assert(systemClock.now() >= before);
  assert(Math.abs(systemClock.epoch() - new Date().getTime()) < 1_000);
});

Deno.test("systemRandom() is within 0 and 1", () => {
  for (let n = 0; n < 100; n++) {
    const value = systemRandom();
    assert(value >= 0 && value < 1);
  }
});
