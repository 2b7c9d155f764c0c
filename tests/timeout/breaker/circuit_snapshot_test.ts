import { assertEquals, assertThrows } from "@std/assert";
import {
  CircuitBreaker,
  type CircuitSnapshot,
  consecutiveFailures,
  failureRateOverCalls,
  failureRateOverTime,
  FakeClock,
  type TripStrategy,
} from "@pingo/pingo/timeout";

/** As a later process reads it. */
function throughJson(breaker: CircuitBreaker): CircuitSnapshot {
  return JSON.parse(JSON.stringify(breaker));
}

Deno.test("toJSON() and initial keep a count", () => {
  const trip = consecutiveFailures(3);
  const old = new CircuitBreaker({ trip });
  old.acquire().failed();
  old.acquire().failed();
  const breaker = new CircuitBreaker({ trip, initial: throughJson(old) });
  assertEquals(breaker.state, "closed");
  breaker.acquire().failed();
  assertEquals(breaker.state, "open");
});

Deno.test("toJSON() and initial keep the rest of the open time, over another monotonic clock", () => {
  const trip = consecutiveFailures(1);
  const openMs = ({ retry }: { retry: number }): number => retry * 1_000;
  const clock = new FakeClock({ now: 500, epoch: 1_700_000_000_000 });
  const old = new CircuitBreaker({ trip, openMs, clock });
  old.acquire().failed();
  clock.advance(1_000);
  old.acquire().failed(); // for 2 s now
  clock.advance(300);
  const later = new FakeClock({ now: 9, epoch: 1_700_000_001_500 });
  const breaker = new CircuitBreaker({ trip, openMs, clock: later, initial: throughJson(old) });
  assertEquals([breaker.state, breaker.retryAfterMs], ["open", 1_500]);
  assertEquals(breaker.tryAcquire(), null);
  later.advance(1_500);
  breaker.acquire().failed();
  assertEquals(breaker.retryAfterMs, 3_000);
});

Deno.test("initial never opens for longer than it was to be, when the wall clock jumped", () => {
  const trip = consecutiveFailures(1);
  const old = new CircuitBreaker({ trip, openMs: 1_000, clock: new FakeClock({ epoch: 1e12 }) });
  old.acquire().failed();
  const clock = new FakeClock({ epoch: 0 });
  assertEquals(new CircuitBreaker({ trip, clock, initial: throughJson(old) }).retryAfterMs, 1_000);
  const ahead = new FakeClock({ epoch: 2e12 });
  const breaker = new CircuitBreaker({ trip, clock: ahead, initial: throughJson(old) });
  assertEquals([breaker.state, breaker.retryAfterMs, breaker.isCallable], ["open", 0, true]);
});

Deno.test("toJSON() saves a half-open circuit as one whose open time is over", () => {
  const clock = new FakeClock();
  const trip = consecutiveFailures(1);
  const old = new CircuitBreaker({ trip, openMs: 10, clock });
  old.acquire().failed();
  clock.advance(10);
  old.acquire();
  const breaker = new CircuitBreaker({ trip, openMs: 10, clock, initial: throughJson(old) });
  assertEquals([breaker.state, breaker.isCallable], ["open", true]);
});

Deno.test("toJSON() does not hold an isolation", () => {
  const breaker = new CircuitBreaker();
  using _hold = breaker.isolate();
  assertEquals(breaker.toJSON().state, "closed");
});

Deno.test("failureRateOverCalls() keeps the newest outcomes, also in a smaller window", () => {
  const old = new CircuitBreaker({ trip: failureRateOverCalls({ windowCalls: 4, minCalls: 4 }) });
  for (const well of [false, true, true, true, false]) {
    const permit = old.acquire();
    if (well) permit.succeeded();
    else permit.failed();
  }
  assertEquals(old.toJSON().count, "1110".split("").map((n) => 1 - Number(n)).join(""));
  const trip = failureRateOverCalls({ windowCalls: 2, minCalls: 2, threshold: 1 });
  const breaker = new CircuitBreaker({ trip, initial: throughJson(old) });
  assertEquals(breaker.toJSON().count, "01");
  breaker.acquire().failed();
  assertEquals(breaker.state, "open");
});

Deno.test("failureRateOverTime() keeps what is not too old", () => {
  const trip = failureRateOverTime({ windowMs: 1_000, minCalls: 3, threshold: 1 });
  const clock = new FakeClock({ epoch: 1e12 });
  const old = new CircuitBreaker({ trip, clock });
  old.acquire().failed();
  clock.advance(500);
  old.acquire().failed();
  for (const [passedMs, state] of [[400, "open"], [500, "closed"]] as const) {
    const later = new FakeClock({ now: 77, epoch: 1e12 + 500 + passedMs });
    const breaker = new CircuitBreaker({ trip, clock: later, initial: throughJson(old) });
    breaker.acquire().failed();
    assertEquals(breaker.state, state);
  }
});

const fine: CircuitSnapshot = new CircuitBreaker().toJSON();
const rate = failureRateOverTime();
const timed = new CircuitBreaker({ trip: rate }).toJSON();
const broken: { name: string; initial: unknown; trip?: TripStrategy }[] = [
  { name: "no object", initial: 7 },
  { name: "a list", initial: [] },
  { name: "an unknown state", initial: { ...fine, state: "ajar" } },
  { name: "another strategy", initial: { ...fine, strategy: "rate_over_time" } },
  { name: "a time that is none", initial: { ...fine, openUntil: "soon" } },
  { name: "a duration that is none", initial: { ...fine, openMs: null } },
  { name: "openings that are no count", initial: { ...fine, openings: -1 } },
  { name: "failures that are no count", initial: { ...fine, count: 0.5 } },
  {
    name: "outcomes that are none",
    initial: { ...fine, strategy: "rate_over_calls", count: "012" },
    trip: failureRateOverCalls(),
  },
  { name: "no window", initial: { ...timed, count: null }, trip: rate },
  {
    name: "a window with half a bucket",
    initial: { ...timed, count: { at: 0, bucketMs: 1, counts: [1] } },
    trip: rate,
  },
  {
    name: "a window without time",
    initial: { ...timed, count: { at: 0, bucketMs: 0, counts: [] } },
    trip: rate,
  },
];
for (const { name, initial, trip } of broken) {
  Deno.test(`CircuitBreaker throws TypeError when initial has ${name}`, () => {
    // From a file: no type holds there.
    const options = { trip, initial: initial as CircuitSnapshot };
    assertThrows(() => new CircuitBreaker(options), TypeError, "Cannot load circuit");
  });
}
