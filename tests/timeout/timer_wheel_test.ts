import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { FakeClock, systemClock, TimerWheel } from "@pingo/pingo/timeout";

/** A wheel with a log of what fired when. */
function setUp(resolutionMs = 100) {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock, resolutionMs });
  const fired: string[] = [];
  const timer = (name: string) => wheel.timer(() => fired.push(`${name}@${clock.now()}`));
  return { clock, wheel, fired, timer };
}

Deno.test("arm() fires at the tick after the deadline, never before", () => {
  const { clock, fired, timer } = setUp();
  clock.advance(30);
  timer("a").arm(100); // 130 → 200
  timer("b").arm(70); // 100 → 100
  timer("c").arm(0); // 30 → 100
  clock.advance(1_000);
  assertEquals(fired.toSorted(), ["a@200", "b@100", "c@100"]);
});

Deno.test("arm() again moves the deadline on or forward", () => {
  const { clock, fired, timer } = setUp();
  const later = timer("later");
  const sooner = timer("sooner");
  later.arm(100);
  later.arm(1_000);
  sooner.arm(1_000);
  sooner.arm(100);
  clock.advance(2_000);
  assertEquals(fired, ["sooner@100", "later@1000"]);
});

Deno.test("arm() pushed on again and again fires once, after the last", () => {
  const { clock, fired, timer } = setUp();
  const idle = timer("idle");
  for (let n = 0; n < 100; n++) {
    idle.arm(250);
    clock.advance(40);
  }
  clock.advance(1_000);
  assertEquals(fired, ["idle@4300"]); // 99 × 40 + 250 = 4210
  assertFalse(idle.isArmed);
});

Deno.test("arm() counts from the time it is told", () => {
  const { clock, fired, timer } = setUp();
  clock.advance(250);
  timer("a").arm(100, 200);
  clock.advance(1_000);
  assertEquals(fired, ["a@300"]);
});

Deno.test("arm() takes delays of many turns of the wheel", () => {
  const { clock, fired, timer } = setUp(1);
  timer("day").arm(86_400_000);
  timer("turn").arm(512);
  timer("turn and one").arm(513);
  clock.advance(100_000_000);
  assertEquals(fired, ["turn@512", "turn and one@513", "day@86400000"]);
});

Deno.test("arm() disarms when the delay is Infinity", () => {
  const { clock, wheel, timer } = setUp();
  const a = timer("a");
  a.arm(100);
  a.arm(Infinity);
  assertFalse(a.isArmed);
  assertEquals([wheel.armedCount, clock.timerCount], [0, 0]);
});

for (const ms of [-1, NaN, -Infinity]) {
  Deno.test(`arm() throws RangeError when the delay is ${ms}`, () => {
    const { timer } = setUp();
    assertThrows(() => timer("a").arm(ms), RangeError, "is not a delay");
  });
}

Deno.test("disarm() keeps a timer from firing, and is harmless again", () => {
  const { clock, fired, timer } = setUp();
  const a = timer("a");
  a.disarm();
  a.arm(100);
  assert(a.isArmed);
  a.disarm();
  a.disarm();
  assertFalse(a.isArmed);
  clock.advance(1_000);
  assertEquals(fired, []);
});

Deno.test("TimerWheel holds one timer of the clock for many, none for nothing", () => {
  const { clock, wheel, timer } = setUp();
  assertEquals(clock.timerCount, 0);
  const timers = Array.from({ length: 1_000 }, (_, n) => timer(`${n}`));
  timers.forEach((t, n) => t.arm(10_000 - n * 7));
  assertEquals([wheel.armedCount, clock.timerCount], [1_000, 1]);
  timers.slice(1).forEach((t) => t.disarm());
  assertEquals([wheel.armedCount, clock.timerCount], [1, 1]);
  timers[0].disarm();
  assertEquals([wheel.armedCount, clock.timerCount], [0, 0]);
});

Deno.test("TimerWheel holds no timer of the clock when the last one has fired", () => {
  const { clock, fired, timer } = setUp();
  timer("a").arm(100);
  clock.advance(100);
  assertEquals(fired, ["a@100"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("TimerWheel sleeps until the next timer that may be due", () => {
  let wakes = 0;
  const clock = new FakeClock();
  const counting = {
    now: () => clock.now(),
    epoch: () => clock.epoch(),
    setTimer: (fire: () => void, ms: number) =>
      clock.setTimer(() => {
        wakes++;
        fire();
      }, ms),
  };
  using wheel = new TimerWheel({ clock: counting });
  wheel.timer(() => {}).arm(30_000);
  clock.advance(30_000);
  assertEquals(wakes, 1);
});

Deno.test("a callback may arm and disarm itself and others", () => {
  const { clock, wheel, fired } = setUp();
  let turns = 0;
  const again = wheel.timer(() => {
    fired.push(`again@${clock.now()}`);
    if (++turns < 3) again.arm(0);
    victim.disarm();
  });
  const victim = wheel.timer(() => fired.push("victim"));
  again.arm(100);
  victim.arm(100);
  clock.advance(1_000);
  assertEquals(fired, ["again@100", "again@200", "again@300"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("a callback that throws does not stop the others", () => {
  const { clock, wheel, fired, timer } = setUp();
  wheel.timer(() => {
    throw new Error("bad callback");
  }).arm(100);
  timer("same tick").arm(100);
  timer("later").arm(300);
  assertThrows(() => clock.advance(1_000), Error, "bad callback");
  clock.advance(1_000);
  assertEquals(fired, ["same tick@100", "later@300"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("TimerWheel catches up in order when the event loop was blocked", () => {
  let now = 0;
  let wake = (): void => {};
  const clock = {
    now: () => now,
    epoch: () => now,
    setTimer: (fire: () => void) => {
      wake = fire;
      return () => {};
    },
  };
  using wheel = new TimerWheel({ clock });
  const fired: string[] = [];
  const timer = (name: string) => wheel.timer(() => fired.push(name));
  timer("c").arm(350);
  const pushed = timer("d");
  pushed.arm(50);
  pushed.arm(450); // is still filed under the first tick
  timer("b").arm(200);
  timer("a").arm(10);
  timer("e").arm(5_000);
  now = 4_321;
  wake();
  assertEquals(fired, ["a", "b", "c", "d"]);
  now = 5_000;
  wake();
  assertEquals(fired.at(-1), "e");
});

Deno.test("TimerWheel does not fire when the clock wakes it early", () => {
  let now = 0;
  const wakes: { fire: () => void; ms: number }[] = [];
  const clock = {
    now: () => now,
    epoch: () => now,
    setTimer: (fire: () => void, ms: number) => {
      wakes.push({ fire, ms });
      return () => {};
    },
  };
  using wheel = new TimerWheel({ clock });
  let fired = 0;
  wheel.timer(() => fired++).arm(100);
  now = 99.9;
  wakes[0].fire();
  assertEquals(fired, 0);
  now = 100;
  wakes[1].fire();
  assertEquals(fired, 1);
  assertEquals(wakes.length, 2);
});

Deno.test("setTimer() makes a wheel a Clock", () => {
  const { clock, wheel, fired } = setUp();
  clock.advance(7);
  assertEquals([wheel.now(), wheel.epoch()], [7, 7]);
  const cancel = wheel.setTimer(() => fired.push("cancelled"), 10);
  wheel.setTimer(() => fired.push(`kept@${clock.now()}`), 10);
  wheel.setTimer(() => fired.push(`at once@${clock.now()}`), -5);
  cancel();
  clock.advance(200);
  assertEquals(fired, ["kept@100", "at once@100"]);
});

Deno.test("dispose disarms all for good", () => {
  const { clock, wheel, fired, timer } = setUp();
  const a = timer("a");
  a.arm(100);
  timer("b").arm(60_000);
  wheel[Symbol.dispose]();
  wheel[Symbol.dispose]();
  assertEquals([a.isArmed, wheel.armedCount, clock.timerCount], [false, 0, 0]);
  clock.advance(100_000);
  assertEquals(fired, []);
  a.disarm();
  assertThrows(() => a.arm(1), Error, "the wheel is disposed");
});

for (const resolutionMs of [0, -1, 0.5, NaN, Infinity]) {
  Deno.test(`TimerWheel throws RangeError when resolutionMs is ${resolutionMs}`, () => {
    const error = assertThrows(() => new TimerWheel({ resolutionMs }), RangeError);
    assertStringIncludes(error.message, `resolutionMs ${resolutionMs} is not`);
  });
}

Deno.test("TimerWheel keeps its promise on the system's clock", async () => {
  using wheel = new TimerWheel({ resolutionMs: 5 });
  const late: number[] = [];
  await Promise.all([0, 1, 7, 12.5, 30].map((ms) => {
    const start = systemClock.now();
    return new Promise<void>((resolve) =>
      wheel.timer(() => {
        late.push(systemClock.now() - start - ms);
        resolve();
      }).arm(ms)
    );
  }));
  assertEquals(late.length, 5);
  assert(late.every((ms) => ms >= 0), `early: ${late}`);
});
