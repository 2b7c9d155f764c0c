import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PercentileLatency, type PercentileLatencyOptions } from "@pingo/pingo/timeout";

Deno.test("PercentileLatency is initialMs until minSamples were measured, 1 s and 20 by default", () => {
  const latency = new PercentileLatency();
  for (let n = 0; n < 19; n++) latency.record(5);
  assertEquals(latency.currentMs, 1_000);
  latency.record(5);
  assertEquals(latency.currentMs, 5);
  const other = new PercentileLatency({ initialMs: 7, minSamples: 1 });
  assertEquals(other.currentMs, 7);
  other.record(3);
  assertEquals(other.currentMs, 3);
});

Deno.test("percentile decides which one, the 95th by default", () => {
  for (
    const [percentile, expected] of [[undefined, 95], [0.5, 50], [0.001, 1], [1, 100]] as const
  ) {
    const latency = new PercentileLatency({ percentile, minSamples: 100 });
    for (let ms = 100; ms > 0; ms--) latency.record(ms);
    assertEquals(latency.currentMs, expected);
  }
});

Deno.test("window decides how soon the past is forgotten", () => {
  const latency = new PercentileLatency({ window: 32, minSamples: 16 });
  for (let n = 0; n < 32; n++) latency.record(500);
  for (let n = 0; n < 32; n++) latency.record(10);
  assertEquals(latency.currentMs, 10);
});

Deno.test("PercentileLatency is the nearest rank over its window, at most 15 calls old (property)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (all, percentile) => {
        const latency = new PercentileLatency({ percentile, window: 50, minSamples: 1 });
        const recent: number[] = [];
        all.forEach((ms, n) => {
          latency.record(ms);
          const last = all.slice(Math.max(0, n - 49), n + 1).sort((a, b) => a - b);
          recent.push(last[Math.ceil(percentile * last.length) - 1]);
          assert(recent.slice(-16).includes(latency.currentMs));
        });
      },
    ),
    { verbose: 1 },
  );
});

const outOfRange: { options: PercentileLatencyOptions; text: string }[] = [
  { options: { percentile: 0 }, text: "percentile 0" },
  { options: { percentile: 95 }, text: "percentile 95" },
  { options: { initialMs: -1 }, text: "initialMs -1" },
  { options: { minSamples: 0 }, text: "minSamples 0" },
  { options: { window: 10 }, text: "window 10" },
  { options: { window: 10_001 }, text: "window 10001" },
];
for (const { options, text } of outOfRange) {
  Deno.test(`PercentileLatency throws RangeError when given ${text}`, () => {
    assertThrows(() => new PercentileLatency(options), RangeError, text);
  });
}

Deno.test("record() throws RangeError when the latency is none", () => {
  assertThrows(() => new PercentileLatency().record(-1), RangeError, "latencyMs -1");
  assertThrows(() => new PercentileLatency().record(NaN), RangeError, "latencyMs NaN");
});
