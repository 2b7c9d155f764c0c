import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BoundedLoads, KetamaRing } from "@pingo/pingo/ketama";
import { MaglevTable } from "@pingo/pingo/loadbalancing";

function servers(weights: readonly number[]) {
  return weights.map((weight, i) => ({ address: `10.0.0.${i}:80`, weight }));
}

const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });
const epsilon = fc.constantFrom(0.01, 0.1, 0.25, 1);
// Few keys, so that some are popular.
const keys = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 60 });

Deno.test("BoundedLoads never loads a server above ceil((1 + epsilon) · mean) (property)", () => {
  fc.assert(
    fc.property(weights, epsilon, keys, (weights, epsilon, keys) => {
      const loads = weights.map(() => 0);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const bounded = new BoundedLoads(new KetamaRing(servers(weights)), (i) => loads[i], {
        epsilon,
      });
      keys.forEach((key, placed) => {
        const index = bounded.indexOf(key);
        loads[index]++;
        // In hundredths, which are whole numbers.
        const hundredths = Math.round(100 * (1 + epsilon)) * (placed + 1) * weights[index];
        assert(loads[index] <= Math.ceil(hundredths / (100 * total)), `${loads} at ${weights}`);
      });
    }),
    { numRuns: 200, verbose: 1 },
  );
});

Deno.test("BoundedLoads takes the first server in the key's order that has room (property)", () => {
  const loads = fc.array(fc.oneof(fc.nat({ max: 9 }), fc.constant(Infinity)), {
    minLength: 5,
    maxLength: 5,
  });
  fc.assert(
    fc.property(loads, epsilon, fc.string(), (loads, epsilon, key) => {
      const ring = new KetamaRing(servers([1, 2, 1, 3, 1]));
      const bounded = new BoundedLoads(ring, (i) => loads[i], { epsilon });
      const first = [...ring.iterate(key)]
        .map((address) => ring.servers.findIndex((each) => each.address === address))
        .find((index) => loads[index] < bounded.capacityOf(index));
      assertEquals(bounded.indexOf(key), first ?? -1);
      // One of those that may be chosen always has room.
      assertEquals(first === undefined, loads.every((load) => load === Infinity));
    }),
    { numRuns: 200, verbose: 1 },
  );
});

Deno.test("BoundedLoads leaves a key on its own server while that has room", () => {
  const ring = new KetamaRing(servers([1, 1, 1, 1]));
  const bounded = new BoundedLoads(ring, () => 10);
  for (let i = 0; i < 100; i++) assertEquals(bounded.get(`${i}`), ring.get(`${i}`));
});

Deno.test("BoundedLoads counts capacity by weight, and without those that may not be chosen", () => {
  const loads = [4, 0, Infinity, 5];
  const ring = new KetamaRing(servers([1, 2, 5, 1]));
  const bounded = new BoundedLoads(ring, (i) => loads[i], { epsilon: 0.1 });
  // 1.1 · (9 + 1) / 4 = 2.75 for weight 1.
  assertEquals(loads.map((_, i) => bounded.capacityOf(i)), [3, 6, 0, 3]);
  assertEquals(bounded.indexOf("any"), 1);
  // 1.1 · 50 / 1 is 55, though 55.00000000000001 in floating point.
  const one = new BoundedLoads(new KetamaRing(servers([1])), () => 49, { epsilon: 0.1 });
  assertEquals(one.capacityOf(0), 55);
});

Deno.test("BoundedLoads works over a MaglevTable", () => {
  const loads = [0, 0, 0];
  const bounded = new BoundedLoads(new MaglevTable(servers([1, 1, 1])), (i) => loads[i]);
  for (let i = 0; i < 30; i++) loads[bounded.indexOf("popular")]++;
  assertEquals(loads.toSorted((a, b) => a - b), [4, 13, 13]);
});

Deno.test("BoundedLoads has no server to give where none may be chosen", () => {
  const bounded = new BoundedLoads(new KetamaRing(servers([1, 1])), () => Infinity);
  assertEquals([bounded.indexOf("a"), bounded.capacityOf(0)], [-1, 0]);
  assertThrows(() => bounded.get("a"), RangeError, "none may be chosen");
  assertEquals(new BoundedLoads(new KetamaRing([]), () => 0).indexOf("a"), -1);
});

for (const epsilon of [0, -1, NaN, Infinity]) {
  Deno.test(`BoundedLoads refuses epsilon ${epsilon}`, () => {
    const ring = new KetamaRing([]);
    assertThrows(() => new BoundedLoads(ring, () => 0, { epsilon }), RangeError, "Cannot bound");
  });
}
