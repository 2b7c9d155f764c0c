import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import { Deadline, FakeClock } from "@pingo/pingo/timeout";

Deno.test("Deadline counts down to its moment", () => {
  const clock = new FakeClock({ now: 1_000 });
  const deadline = Deadline.fromTimeout(500, { clock });
  assertEquals([deadline.at, deadline.remainingMs, deadline.isExpired], [1_500, 500, false]);
  clock.advance(499);
  assertEquals([deadline.remainingMs, deadline.isExpired], [1, false]);
  clock.advance(1);
  assertEquals([deadline.remainingMs, deadline.isExpired], [0, true]);
  clock.advance(1_000);
  assertEquals(deadline.remainingMs, 0);
});

Deno.test("Deadline at Infinity never comes", () => {
  const clock = new FakeClock();
  const never = Deadline.fromTimeout(Infinity, { clock });
  clock.advance(1e9);
  assertEquals([never.remainingMs, never.isExpired], [Infinity, false]);
  assertFalse(never.signal.aborted);
  assertEquals(clock.timerCount, 0);
});

Deno.test("earliest() is at the first moment of both", () => {
  const clock = new FakeClock();
  const soon = Deadline.fromTimeout(10, { clock });
  const late = Deadline.fromTimeout(20, { clock });
  assertEquals(soon.earliest(late).at, 10);
  assertEquals(late.earliest(soon).at, 10);
});

Deno.test("earliest() can be disposed of without harm to both", () => {
  const clock = new FakeClock();
  using soon = Deadline.fromTimeout(10, { clock });
  const { signal } = soon;
  {
    using first = soon.earliest(Deadline.fromTimeout(20, { clock }));
    assertFalse(first.signal.aborted);
  }
  clock.advance(10);
  assert(signal.aborted);
});

Deno.test("signal fires at the deadline with deadline_exceeded", () => {
  const clock = new FakeClock();
  using deadline = Deadline.fromTimeout(100, { clock });
  const { signal } = deadline;
  assertStrictEquals(deadline.signal, signal);
  assertEquals(clock.timerCount, 1);
  clock.advance(99);
  assertFalse(signal.aborted);
  clock.advance(1);
  assert(signal.aborted);
  assert(signal.reason instanceof ProxyError);
  assertEquals(signal.reason.kind, "deadline_exceeded");
});

Deno.test("signal has fired when it is first asked for after the deadline", () => {
  const clock = new FakeClock();
  using deadline = Deadline.fromTimeout(100, { clock });
  clock.advance(100);
  assert(deadline.signal.aborted);
  assertEquals(clock.timerCount, 0);
});

Deno.test("Deadline sets no timer until its signal is asked for", () => {
  const clock = new FakeClock();
  using deadline = Deadline.fromTimeout(100, { clock });
  assertEquals(deadline.remainingMs, 100);
  assertEquals(clock.timerCount, 0);
});

Deno.test("Deadline leaves no timer when disposed of, also of a later signal", () => {
  const clock = new FakeClock();
  const deadline = Deadline.fromTimeout(100, { clock });
  const { signal } = deadline;
  deadline[Symbol.dispose]();
  deadline[Symbol.dispose]();
  assertEquals(clock.timerCount, 0);
  clock.advance(100);
  assertFalse(signal.aborted);

  const unasked = Deadline.fromTimeout(100, { clock });
  unasked[Symbol.dispose]();
  assertFalse(unasked.signal.aborted);
  assertEquals(clock.timerCount, 0);
});

Deno.test("Deadline throws RangeError when its time is none", () => {
  assertThrows(() => new Deadline(NaN), RangeError, "is NaN");
  assertThrows(() => Deadline.fromTimeout(-1), RangeError, "is not a duration");
  assertThrows(() => Deadline.fromTimeout(NaN), RangeError, "is not a duration");
});
