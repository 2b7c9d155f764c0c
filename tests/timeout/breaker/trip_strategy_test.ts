import { assertEquals, assertThrows } from "@std/assert";
import {
  CircuitBreaker,
  consecutiveFailures,
  failureRateOverCalls,
  failureRateOverTime,
  FakeClock,
  type TripCounter,
  type TripStrategy,
} from "@pingo/pingo/timeout";

/** Which of the calls, `.` for one that went well and `x` for one that failed, open the circuit. */
function trips(counter: TripCounter, calls: string): string {
  return [...calls].map((call) => {
    if (call === "x") return counter.failed() ? "T" : "x";
    counter.succeeded();
    return ".";
  }).join("");
}

Deno.test("consecutiveFailures() wants them in a row", () => {
  const counter = consecutiveFailures(3).start(new FakeClock());
  assertEquals(trips(counter, "xx.xx.xxx"), "xx.xx.xxT");
  counter.reset();
  assertEquals(trips(counter, "xx"), "xx");
});

Deno.test("failureRateOverCalls() looks at the last calls only", () => {
  const strategy = failureRateOverCalls({ threshold: 0.5, windowCalls: 4, minCalls: 4 });
  const counter = strategy.start(new FakeClock());
  assertEquals(trips(counter, "xxx"), "xxx"); // too few
  assertEquals(trips(counter, "....x.x"), "....x.T");
  counter.reset();
  assertEquals(trips(counter, "xxxx"), "xxxT");
});

Deno.test("failureRateOverCalls() has 50 % of 100, from 20 on, by default", () => {
  const counter = failureRateOverCalls().start(new FakeClock());
  assertEquals(trips(counter, "x".repeat(20)), "x".repeat(19) + "T");
  counter.reset();
  trips(counter, ".".repeat(100));
  assertEquals(trips(counter, "x".repeat(50)), "x".repeat(49) + "T");
});

Deno.test("failureRateOverTime() forgets bucket by bucket", () => {
  const clock = new FakeClock();
  const strategy = failureRateOverTime({ threshold: 1, windowMs: 1_000, minCalls: 2, buckets: 4 });
  const counter = strategy.start(clock);
  counter.failed();
  clock.advance(999);
  assertEquals(counter.failed(), true);
  counter.reset();
  clock.advance(1); // 1000
  counter.failed();
  clock.advance(1_000);
  assertEquals(counter.failed(), false);
});

Deno.test("failureRateOverTime() has 50 % of 10 s, from 20 on, by default", () => {
  const clock = new FakeClock();
  const counter = failureRateOverTime().start(clock);
  assertEquals(trips(counter, "x".repeat(19)), "x".repeat(19));
  clock.advance(9_999);
  assertEquals(trips(counter, "x"), "T");
  clock.advance(10_000);
  assertEquals(trips(counter, "x".repeat(19)), "x".repeat(19));
});

Deno.test("buckets decides how much is forgotten at once", () => {
  for (const [buckets, trip] of [[2, false], [10, true]] as const) {
    const clock = new FakeClock({ now: 450 });
    const strategy = failureRateOverTime({ threshold: 1, windowMs: 1_000, minCalls: 2, buckets });
    const counter = strategy.start(clock);
    counter.failed();
    clock.advance(900);
    assertEquals(counter.failed(), trip);
  }
});

Deno.test("a strategy may serve several breakers, each with its own count", () => {
  const strategies: TripStrategy[] = [
    consecutiveFailures(2),
    failureRateOverCalls({ minCalls: 2 }),
    failureRateOverTime({ minCalls: 2 }),
  ];
  for (const trip of strategies) {
    const [a, b] = [new CircuitBreaker({ trip }), new CircuitBreaker({ trip })];
    a.acquire().failed();
    b.acquire().failed();
    assertEquals([a.state, b.state], ["closed", "closed"]);
    a.acquire().failed();
    assertEquals([a.state, b.state], ["open", "closed"]);
  }
});

const outOfRange: { name: string; make: () => TripStrategy }[] = [
  { name: "failures 0", make: () => consecutiveFailures(0) },
  { name: "failures 1.5", make: () => consecutiveFailures(1.5) },
  { name: "threshold 0", make: () => failureRateOverCalls({ threshold: 0 }) },
  { name: "threshold 1.1", make: () => failureRateOverCalls({ threshold: 1.1 }) },
  { name: "threshold NaN", make: () => failureRateOverTime({ threshold: NaN }) },
  { name: "windowCalls 0", make: () => failureRateOverCalls({ windowCalls: 0 }) },
  { name: "windowCalls 1000001", make: () => failureRateOverCalls({ windowCalls: 1_000_001 }) },
  { name: "minCalls 11", make: () => failureRateOverCalls({ minCalls: 11, windowCalls: 10 }) },
  { name: "minCalls 0", make: () => failureRateOverTime({ minCalls: 0 }) },
  { name: "windowMs 0", make: () => failureRateOverTime({ windowMs: 0 }) },
  { name: "windowMs Infinity", make: () => failureRateOverTime({ windowMs: Infinity }) },
  { name: "buckets 0", make: () => failureRateOverTime({ buckets: 0 }) },
  { name: "buckets 1001", make: () => failureRateOverTime({ buckets: 1001 }) },
];
for (const { name, make } of outOfRange) {
  Deno.test(`a trip strategy throws RangeError when given ${name}`, () => {
    assertThrows(make, RangeError, name);
  });
}

Deno.test("failureRateOverTime() forgets alike before the zero of the clock", () => {
  const clock = new FakeClock({ now: -2_500 });
  const counter = failureRateOverTime({ windowMs: 1_000, minCalls: 2 }).start(clock);
  assertEquals(counter.failed(), false);
  clock.advance(1_000);
  assertEquals([counter.failed(), counter.failed()], [false, true]);
});
