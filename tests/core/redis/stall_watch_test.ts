import { assertEquals } from "@std/assert";
import { StallWatch } from "../../../core/redis/iovalkey/_stall_watch.ts";
import { FakeClock } from "../../../timeout/mod.ts";

function setUp(): { clock: FakeClock; watch: StallWatch; stalls: number[] } {
  const clock = new FakeClock();
  const stalls: number[] = [];
  const onStall = (): void => void stalls.push(clock.now());
  return { clock, watch: new StallWatch({ stallMs: 100, clock, onStall }), stalls };
}

Deno.test("StallWatch tells of a stall once nothing came for stallMs, at most half as long again", () => {
  for (const offset of [0, 1, 25, 49]) {
    const { clock, watch, stalls } = setUp();
    watch.begin();
    clock.advance(offset);
    watch.end();
    watch.begin();
    clock.advance(99);
    assertEquals(stalls, []);
    clock.advance(51);
    assertEquals(stalls.length, 1);
    watch.stop();
    assertEquals(clock.timerCount, 0);
  }
});

Deno.test("StallWatch tells of none while some of what is due comes, or nothing is due", () => {
  const { clock, watch, stalls } = setUp();
  watch.begin();
  for (let i = 0; i < 20; i++) {
    watch.begin();
    clock.advance(60);
    watch.end();
  }
  watch.end();
  clock.advance(1_000);
  assertEquals(clock.timerCount, 0);
  watch.begin();
  clock.advance(99);
  assertEquals(stalls, []);
  watch.end();
  clock.advance(1_000);
  assertEquals([stalls.length, clock.timerCount], [0, 0]);
});

Deno.test("StallWatch counts from when something is due, not from the silence before", () => {
  const { clock, watch, stalls } = setUp();
  watch.begin();
  clock.advance(40);
  watch.end();
  clock.advance(55); // it has looked once, at 50, and found nothing due any more
  watch.begin();
  clock.advance(99);
  assertEquals(stalls, []);
  watch.end();
  watch.stop();
});
