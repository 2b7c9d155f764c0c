import { assert, assertEquals, assertThrows } from "@std/assert";
import { LatencySample } from "../../limits/_latency_sample.ts";
import { FakeClock } from "../../timeout/mod.ts";
import { AdaptiveConcurrency, type AdaptiveConcurrencyOptions } from "@pingo/pingo/limits";

/** A server that does so many things at once; with more, all of them take longer. */
interface Server {
  capacity: number;
  serviceMs: number;
}

/** Chance that repeats itself. */
function seeded(seed: number): () => number {
  return () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

/** Offers load through a gate for a time, in steps of a millisecond; tells the most that went on and the least limit. */
function offer(
  clock: FakeClock,
  gate: AdaptiveConcurrency,
  server: Server,
  load: { readonly ms: number; readonly offered: number },
): { most: number; leastLimit: number } {
  let most = 0;
  let leastLimit = Infinity;
  const calls: { readonly start: number; left: number }[] = [];
  for (let step = 0; step < load.ms; step++) {
    while (calls.length < load.offered && gate.tryEnter()) {
      calls.push({ start: clock.now(), left: server.serviceMs });
    }
    most = Math.max(most, gate.inFlight);
    leastLimit = Math.min(leastLimit, gate.limit);
    clock.advance(1);
    const pace = Math.min(1, server.capacity / calls.length);
    for (const call of calls) call.left -= pace;
    for (let i = calls.length - 1; i >= 0; i--) {
      if (calls[i].left > 1e-9) continue;
      gate.leave(clock.now() - calls[i].start);
      calls.splice(i, 1);
    }
  }
  for (const _ of calls) gate.leave();
  return { most, leastLimit };
}

function make(options: AdaptiveConcurrencyOptions = {}): {
  clock: FakeClock;
  gate: AdaptiveConcurrency;
} {
  const clock = new FakeClock();
  return { clock, gate: new AdaptiveConcurrency({ clock, random: seeded(1), ...options }) };
}

Deno.test("AdaptiveConcurrency finds what a server can do, however much is offered", () => {
  const { clock, gate } = make();
  const server = { capacity: 20, serviceMs: 50 };
  offer(clock, gate, server, { ms: 20_000, offered: 500 });
  assertEquals(gate.minLatencyMs, 50);
  // 1.25 × 20 and its root: where the gradient stands still.
  assert(gate.limit >= 20 && gate.limit <= 40, `${gate.limit}`);
  assertEquals(gate.inFlight, 0);
});

Deno.test("AdaptiveConcurrency follows a server that becomes larger, and one that becomes smaller", () => {
  const { clock, gate } = make();
  const server = { capacity: 20, serviceMs: 50 };
  offer(clock, gate, server, { ms: 10_000, offered: 500 });
  server.capacity = 100;
  offer(clock, gate, server, { ms: 10_000, offered: 500 });
  assert(gate.limit >= 100 && gate.limit <= 200, `${gate.limit}`);
  server.capacity = 10;
  offer(clock, gate, server, { ms: 10_000, offered: 500 });
  assert(gate.limit >= 10 && gate.limit <= 24, `${gate.limit}`);
});

Deno.test("AdaptiveConcurrency learns a new least latency with the next probe", () => {
  const { clock, gate } = make({ probeIntervalMs: 5_000 });
  const server = { capacity: 20, serviceMs: 50 };
  offer(clock, gate, server, { ms: 4_000, offered: 500 });
  server.serviceMs = 100;
  offer(clock, gate, server, { ms: 20_000, offered: 500 });
  assertEquals(gate.minLatencyMs, 100);
  assert(gate.limit >= 20 || gate.isProbing, `${gate.limit}`);
});

Deno.test("AdaptiveConcurrency probes before its time when the limit stays at its least", () => {
  const { clock, gate } = make({ probeIntervalMs: Infinity, minLimit: 3 });
  const server = { capacity: 20, serviceMs: 20 };
  offer(clock, gate, server, { ms: 3_000, offered: 100 });
  server.serviceMs = 400; // not the load: the server itself is slower for good
  offer(clock, gate, server, { ms: 40_000, offered: 100 });
  assertEquals(gate.minLatencyMs, 400);
  assert(gate.limit >= 20, `${gate.limit}`);
});

Deno.test("AdaptiveConcurrency does not rise beyond what is used", () => {
  const { clock, gate } = make({ initialLimit: 10 });
  offer(clock, gate, { capacity: 1_000, serviceMs: 20 }, { ms: 10_000, offered: 4 });
  assertEquals(gate.limit, 10);
  offer(clock, gate, { capacity: 1_000, serviceMs: 20 }, { ms: 10_000, offered: 1_000 });
  assert(gate.limit > 500, `${gate.limit}`);
});

Deno.test("AdaptiveConcurrency keeps within minLimit and maxLimit", () => {
  const { clock, gate } = make({ minLimit: 4, maxLimit: 8, initialLimit: 6 });
  const { most } = offer(clock, gate, { capacity: 50, serviceMs: 20 }, { ms: 5_000, offered: 100 });
  assertEquals([gate.limit, most], [8, 8]);
  const slow = offer(clock, gate, { capacity: 1, serviceMs: 20 }, { ms: 5_000, offered: 100 });
  assertEquals([slow.leastLimit, slow.most], [4, 8]);
});

Deno.test("AdaptiveConcurrency lets minLimit in while it probes, and counts what began in the probe alone", () => {
  const { clock, gate } = make({
    minLimit: 2,
    initialLimit: 5,
    probeCalls: 2,
    probeIntervalMs: 1_000,
  });
  for (let i = 0; i < 2; i++) {
    assert(gate.tryEnter());
    clock.advance(10);
    gate.leave(10);
  }
  assertEquals([gate.isProbing, gate.limit, gate.minLatencyMs], [false, 5, 10]);
  for (let i = 0; i < 3; i++) assert(gate.tryEnter());
  clock.advance(1_200);
  assertEquals(gate.tryEnter(), false); // the next probe: two may go on, three still do
  assertEquals([gate.isProbing, gate.limit], [true, 2]);
  // Its answer was quick, but it began long ago and only now was read to its end.
  for (let i = 0; i < 3; i++) gate.leave(1, 1_200);
  assertEquals(gate.isProbing, true);
  for (let i = 0; i < 2; i++) {
    assert(gate.tryEnter());
    clock.advance(30);
    gate.leave(30);
  }
  assertEquals([gate.isProbing, gate.minLatencyMs], [false, 30]);
});

for (
  const { random, jitter, at } of [
    { random: 0, jitter: 0.15, at: 1_000 },
    { random: 0.5, jitter: 0.2, at: 1_100 },
    { random: 0.5, jitter: 0, at: 1_000 },
  ]
) {
  Deno.test(`AdaptiveConcurrency probes again after ${at} ms with jitter ${jitter} and chance ${random}`, () => {
    const { clock, gate } = make({
      probeCalls: 1,
      probeIntervalMs: 1_000,
      probeJitter: jitter,
      random: () => random,
    });
    const touch = () => {
      gate.tryEnter();
      gate.leave();
    };
    gate.tryEnter();
    gate.leave(0);
    assertEquals(gate.isProbing, false);
    clock.advance(at - 1);
    touch();
    assertEquals(gate.isProbing, false);
    clock.advance(1);
    touch();
    assertEquals(gate.isProbing, true);
  });
}

Deno.test("AdaptiveConcurrency counts the percentile that it is told, and the tolerance", () => {
  const limitAfter = (options: AdaptiveConcurrencyOptions): number => {
    const { clock, gate } = make({ minLimit: 1, initialLimit: 100, probeCalls: 1, ...options });
    gate.tryEnter();
    gate.leave(10, 0);
    for (let i = 0; i < 100; i++) gate.tryEnter();
    for (let i = 0; i < 100; i++) gate.leave(i < 80 ? 10 : 20, 0);
    clock.advance(100);
    gate.tryEnter();
    return gate.limit;
  };
  assertEquals(limitAfter({ tolerance: 0 }), 110); // at the median nothing is slower
  assertEquals(limitAfter({ tolerance: 0, percentile: 0.9 }), 57); // 100 × 10 / 20, and the root
  assertEquals(limitAfter({ tolerance: 0.5, percentile: 0.9 }), 83);
  assertEquals(limitAfter({ tolerance: 0, windowMs: 101 }), 100);
});

Deno.test("AdaptiveConcurrency.tryAcquire() takes the time of the permit for the latency, once", () => {
  const { clock, gate } = make({ minLimit: 1, probeCalls: 1 });
  const permit = gate.tryAcquire();
  assertEquals(gate.tryAcquire(), null);
  clock.advance(25);
  permit?.[Symbol.dispose]();
  permit?.[Symbol.dispose]();
  assertEquals([gate.inFlight, gate.minLatencyMs], [0, 25]);
});

const broken: AdaptiveConcurrencyOptions[] = [
  { minLimit: 0 },
  { minLimit: 1.5 },
  { maxLimit: 2 },
  { initialLimit: 2 },
  { initialLimit: 1_001 },
  { windowMs: 0 },
  { percentile: 1.1 },
  { tolerance: -1 },
  { probeIntervalMs: 0 },
  { probeJitter: -0.1 },
  { probeJitter: Infinity },
  { probeCalls: 0 },
];
for (const options of broken) {
  Deno.test(`AdaptiveConcurrency cannot be made with ${JSON.stringify(options)}`, () => {
    assertThrows(() => new AdaptiveConcurrency(options), RangeError, Object.keys(options)[0]);
  });
}

Deno.test("LatencySample chooses fairly among more than it keeps", () => {
  const sample = new LatencySample(seeded(1));
  for (let ms = 1; ms <= 10_000; ms++) sample.add(ms);
  assertEquals(sample.count, 10_000);
  const median = sample.takeQuantile(0.5);
  assert(median > 4_000 && median < 6_000, `${median}`);
});
