import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { StallWatch } from "../../../../core/http1/client/_stall_watch.ts";
import { CoarseClock } from "../../../../core/http1/client/_coarse_clock.ts";
import { FakeClock, TimerWheel } from "../../../../timeout/mod.ts";

function watched() {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock, resolutionMs: 10 });
  const stalls: [isWrite: boolean, at: number][] = [];
  const watch = new StallWatch(wheel, (isWrite) => stalls.push([isWrite, clock.now()]));
  return { clock, wheel, stalls, watch };
}

Deno.test("StallWatch tells of a wait that is too long, of each direction", () => {
  for (const isWrite of [false, true]) {
    const { clock, watch, stalls } = watched();
    if (isWrite) watch.writing(1_000);
    else watch.reading(1_000);
    clock.advance(1_300);
    assertEquals(stalls.map(([direction]) => direction), [isWrite]);
    watch.stop();
  }
});

Deno.test("StallWatch is silent about waits that end in time", () => {
  const { clock, watch, stalls, wheel } = watched();
  for (let i = 0; i < 50; i++) {
    watch.reading(1_000);
    clock.advance(900);
    watch.read();
    watch.writing(500);
    clock.advance(400);
    watch.written();
  }
  clock.advance(10_000);
  assertEquals([stalls, wheel.armedCount], [[], 0]);
});

Deno.test("StallWatch takes a new wait for a new one, however many there are", () => {
  const { clock, watch, stalls } = watched();
  for (let i = 0; i < 50; i++) {
    watch.reading(1_000);
    clock.advance(700);
  }
  assertEquals(stalls, []);
  watch.stop();
});

Deno.test("StallWatch has no timer where nothing is limited", () => {
  const { watch, wheel } = watched();
  watch.reading(Infinity);
  watch.writing(Infinity);
  assertEquals(wheel.armedCount, 0);
});

Deno.test("StallWatch watches nothing after stop()", () => {
  const { clock, watch, wheel, stalls } = watched();
  watch.reading(100);
  watch.stop();
  watch.reading(100);
  watch.writing(100);
  clock.advance(1_000);
  assertEquals([stalls, wheel.armedCount], [[], 0]);
});

Deno.test("StallWatch is never early, and late by an eighth and three ticks at most", () => {
  fc.assert(fc.property(
    fc.integer({ min: 10, max: 100_000 }),
    fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5_000 })), { maxLength: 10 }),
    (limitMs, waits) => {
      const { clock, watch, stalls } = watched();
      for (const [isWrite, ms] of waits) {
        if (isWrite) watch.writing(ms * 2);
        else watch.reading(ms * 2);
        clock.advance(ms);
        if (isWrite) watch.written();
        else watch.read();
      }
      assertEquals(stalls, []);
      const since = clock.now();
      watch.reading(limitMs);
      clock.advance(limitMs * 2 + 1_000);
      const [[, at]] = stalls;
      const lateMs = at - since - limitMs;
      assert(lateMs >= 0 && lateMs <= limitMs / 8 + 30, `${lateMs} ms late of ${limitMs}`);
      watch.stop();
    },
  ));
});

Deno.test("CoarseClock asks for the time a few times a second at most", () => {
  const clock = new FakeClock();
  let asked = 0;
  const counting = {
    now: () => (asked++, clock.now()),
    epoch: () => clock.epoch(),
    setTimer: (fire: () => void, ms: number) => clock.setTimer(fire, ms),
  };
  const wheel = new TimerWheel({ clock: counting });
  const coarse = new CoarseClock(wheel);
  coarse.now();
  const before = asked;
  for (let i = 0; i < 1_000; i++) coarse.now();
  assertEquals(asked, before);
  clock.advance(1_000);
  assertEquals(coarse.now(), 1_000);
  coarse.stop();
  assertEquals(wheel.armedCount, 0);
});
