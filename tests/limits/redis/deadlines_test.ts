import { assertEquals } from "@std/assert";
import { Deadlines, type Pending } from "../../../limits/redis/_deadlines.ts";
import type { Clock } from "../../../timeout/mod.ts";

/** A clock whose timers fire when the test says so, however late. */
class LateClock implements Clock {
  time = 0;
  fire: (() => void) | null = null;
  now(): number {
    return this.time;
  }
  epoch(): number {
    return this.time;
  }
  setTimer(fire: () => void): () => void {
    this.fire = fire;
    return () => this.fire = null;
  }
  fireAt(time: number): void {
    const { fire } = this;
    this.time = time;
    this.fire = null;
    fire?.();
  }
}

function setUp(): {
  clock: LateClock;
  deadlines: Deadlines;
  expired: string[];
  add: (name: string) => Pending;
} {
  const clock = new LateClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const add = (name: string): Pending => {
    const giveUp = (): void => void expired.push(`${name} ${clock.time}`);
    const pending = { deadline: clock.time + 100, giveUp };
    deadlines.add(pending);
    return pending;
  };
  return { clock, deadlines, expired, add };
}

Deno.test("Deadlines expire in time when the timer is in time", () => {
  const { clock, expired, add } = setUp();
  add("a");
  clock.time = 50;
  add("b");
  clock.fireAt(102);
  assertEquals(expired, ["a 102"]);
  clock.fireAt(150);
  assertEquals([expired, clock.fire], [["a 102", "b 150"], null]);
});

Deno.test("Deadlines give what is overdue a moment when the process itself was late, and only one", () => {
  const { clock, deadlines, expired, add } = setUp();
  const a = add("a");
  add("b");
  clock.fireAt(1_000);
  assertEquals(expired, []);
  // What lay unread in the socket is read now.
  assertEquals(deadlines.remove(a), true);
  clock.fireAt(2_000);
  assertEquals([expired, clock.fire], [["b 2000"], null]);
});

Deno.test("Deadlines end when the timer is late and nothing is pending", () => {
  const { clock, deadlines, expired, add } = setUp();
  deadlines.remove(add("a"));
  clock.fireAt(1_000);
  assertEquals([expired, clock.fire], [[], null]);
  add("b");
  clock.fireAt(1_100);
  assertEquals(expired, ["b 1100"]);
});
