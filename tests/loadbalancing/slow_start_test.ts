import { assertAlmostEquals, assertThrows } from "@std/assert";
import { slowStartFactor, type SlowStartOptions } from "@pingo/pingo/loadbalancing";

const cases: { options: Partial<SlowStartOptions>; elapsedMs: number; factor: number }[] = [
  { options: {}, elapsedMs: 0, factor: 0.1 },
  { options: {}, elapsedMs: -5, factor: 0.1 },
  { options: {}, elapsedMs: 50, factor: 0.1 },
  { options: {}, elapsedMs: 500, factor: 0.5 },
  { options: {}, elapsedMs: 1_000, factor: 1 },
  { options: {}, elapsedMs: 5_000, factor: 1 },
  { options: { aggression: 2 }, elapsedMs: 250, factor: 0.5 },
  { options: { aggression: 0.5 }, elapsedMs: 500, factor: 0.25 },
  { options: { minWeight: 0.7 }, elapsedMs: 500, factor: 0.7 },
];
for (const { options, elapsedMs, factor } of cases) {
  Deno.test(`slowStartFactor() is ${factor} after ${elapsedMs} of 1000 ms, ${Deno.inspect(options)}`, () => {
    assertAlmostEquals(slowStartFactor(elapsedMs, { windowMs: 1_000, ...options }), factor, 1e-9);
  });
}

for (
  const options of [
    { windowMs: 0 },
    { windowMs: 1, aggression: -1 },
    { windowMs: 1, minWeight: 1.1 },
  ]
) {
  Deno.test(`slowStartFactor() refuses ${Deno.inspect(options)}`, () => {
    assertThrows(() => slowStartFactor(0, options), RangeError, "Cannot start slowly");
  });
}
