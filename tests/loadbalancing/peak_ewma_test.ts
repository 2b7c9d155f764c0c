import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PeakEwma, type PeakEwmaOptions } from "@pingo/pingo/loadbalancing";
import { FakeClock } from "@pingo/pingo/timeout";
import { fuzzSettings } from "../fuzz/_settings.ts";
import { count, seeded, type Server, servers } from "./_support.ts";

const DECAY = 10_000;

/** Finagle's `PeakEwma.Metric`, retold line by line. */
class FinagleMetric {
  cost = 0;
  stamp = 0;
  observe(rtt: number, now: number): void {
    const w = Math.exp(-Math.max(now - this.stamp, 0) / DECAY);
    this.cost = rtt > this.cost ? rtt : this.cost * w + rtt * (1 - w);
    this.stamp = now;
  }
  load(now: number, pending: number): number {
    this.observe(0, now);
    return this.cost === 0 && pending !== 0 ? 2 ** 47 + pending : this.cost * (pending + 1);
  }
}

Deno.test("PeakEwma is Finagle's: whoever has the smaller load of two is taken", () => {
  const step = fc.record({
    waitMs: fc.nat({ max: 8_000 }),
    leases: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
    which: fc.nat({ max: 1 }),
    latencyMs: fc.nat({ max: 2_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new FakeClock();
      const list = servers(1, 1);
      // The first draw is always a, the second always b.
      let draws = 0;
      const ewma = new PeakEwma<Server>(list, {
        clock,
        decayMs: DECAY,
        random: () => draws++ % 2 === 0 ? 0.1 : 0.9,
      });
      const metrics = [new FinagleMetric(), new FinagleMetric()];
      for (const { waitMs, leases, which, latencyMs } of steps) {
        clock.advance(waitMs);
        for (const i of [0, 1]) list[i].leases = leases[i];
        const loads = metrics.map((metric, i) => metric.load(clock.now(), leases[i]));
        const picked = ewma.pick()?.id;
        // Equal but for rounding: either will do.
        if (Math.abs(loads[0] - loads[1]) > 1e-6) {
          assertEquals(picked, loads[1] < loads[0] ? "b" : "a");
        }
        ewma.observe(list[which], { latencyMs, result: "succeeded" });
        metrics[which].observe(latencyMs, clock.now());
        assertAlmostEquals(ewma.latencyOf(list[which]), metrics[which].cost, 1e-6);
      }
    }),
    fuzzSettings("PeakEwma and Finagle", 200),
  );
});

/** Sends requests one after the other, a second apart, to servers of these latencies. */
function run(
  ewma: PeakEwma<Server>,
  clock: FakeClock,
  latencies: Record<string, number>,
): string[] {
  return Array.from({ length: 300 }, () => {
    const picked = ewma.pick();
    if (picked === null) return "nobody";
    clock.advance(latencies[picked.id]);
    ewma.observe(picked, { latencyMs: latencies[picked.id], result: "succeeded" });
    clock.advance(1_000);
    return picked.id;
  });
}

Deno.test("PeakEwma probes a slow server again, and returns to it when it has become fast", () => {
  const clock = new FakeClock();
  const list = servers(1, 1);
  const ewma = new PeakEwma(list, { clock, random: seeded(3) });
  const slow = count(run(ewma, clock, { a: 10, b: 500 }));
  assert(slow.b >= 2 && slow.b <= 60, `the slow one was probed ${slow.b} times of 300`);
  const recovered = count(run(ewma, clock, { a: 10, b: 10 }));
  assert(recovered.b >= 90, `the recovered one had ${recovered.b} of 300`);
});

Deno.test("PeakEwma.observe() counts a failure as a slow answer, and a longer one as it is", () => {
  const [a, b] = servers(1, 1);
  const ewma = new PeakEwma([a, b], { clock: new FakeClock(), failurePenaltyMs: 300 });
  ewma.observe(a, { latencyMs: 1, result: "failed" });
  ewma.observe(b, { latencyMs: 400, result: "failed" });
  assertEquals([ewma.latencyOf(a), ewma.latencyOf(b)], [300, 400]);
});

Deno.test("PeakEwma.observe() counts an abandoned attempt when it was slower than expected", () => {
  const [a] = servers(1);
  const clock = new FakeClock();
  const ewma = new PeakEwma([a], { clock, decayMs: 1_000 });
  ewma.observe(a, { latencyMs: 50, result: "succeeded" });
  clock.advance(500);
  const before = ewma.latencyOf(a);
  ewma.observe(a, { latencyMs: 20, result: "aborted" });
  assertEquals(ewma.latencyOf(a), before);
  ewma.observe(a, { latencyMs: 90, result: "aborted" });
  assertEquals(ewma.latencyOf(a), 90);
});

Deno.test("PeakEwma.pick() counts requests under way by weight", () => {
  const [heavy, light] = servers(3, 1);
  const ewma = new PeakEwma([heavy, light], { clock: new FakeClock(), random: seeded(5) });
  for (const each of [heavy, light]) ewma.observe(each, { latencyMs: 50, result: "succeeded" });
  [heavy.leases, light.leases] = [5, 3];
  for (let i = 0; i < 20; i++) assertEquals(ewma.pick()?.id, "a");
});

Deno.test("PeakEwma.latencyOf() fades to 37 % in decayMs", () => {
  const clock = new FakeClock();
  const [a] = servers(1);
  const ewma = new PeakEwma([a], { clock, decayMs: 2_000 });
  ewma.observe(a, { latencyMs: 100, result: "succeeded" });
  clock.advance(2_000);
  assertAlmostEquals(ewma.latencyOf(a), 100 / Math.E, 1e-9);
});

Deno.test("PeakEwma.update() remembers those that left", () => {
  const [a, b] = servers(1, 1);
  const ewma = new PeakEwma([a, b], { clock: new FakeClock() });
  ewma.observe(a, { latencyMs: 70, result: "succeeded" });
  ewma.update([b]);
  ewma.update([b, a]);
  assertEquals(ewma.latencyOf(a), 70);
});

for (
  const options of [
    { decayMs: 0 },
    { decayMs: Infinity },
    { failurePenaltyMs: -1 },
    { failurePenaltyMs: NaN },
  ] satisfies PeakEwmaOptions[]
) {
  Deno.test(`PeakEwma() refuses ${Deno.inspect(options)}`, () => {
    assertThrows(() => new PeakEwma([], options), RangeError, Object.keys(options)[0]);
  });
}
