import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BALANCING_METHODS,
  balancingMethod,
  KetamaBalancer,
  LeastConnection,
  MaglevBalancer,
  PeakEwma,
  PowerOfTwo,
  RoundRobin,
  WeightedRandom,
} from "@pingo/pingo/loadbalancing";
import { count, servers } from "./_support.ts";

const classes = {
  round_robin: RoundRobin,
  random: WeightedRandom,
  least_conn: LeastConnection,
  p2c: PowerOfTwo,
  ewma: PeakEwma,
  ketama: KetamaBalancer,
  maglev: MaglevBalancer,
};

for (const name of BALANCING_METHODS) {
  Deno.test(`balancingMethod("${name}") makes a ${classes[name].name}`, () => {
    const method = balancingMethod(name);
    assertEquals(method.name, name);
    assert(method.create() instanceof classes[name]);
  });
}

for (const name of ["fastest", "", "toString", "ROUND_ROBIN"]) {
  Deno.test(`balancingMethod() refuses ${JSON.stringify(name)}`, () => {
    assertThrows(() => balancingMethod(name), TypeError, "round_robin, random");
  });
}

for (const name of ["ketama", "maglev"] as const) {
  Deno.test(`${name} bounds the load of a home by balanceFactor, by weight and without those refused`, () => {
    const list = servers(1, 2, 1);
    const algorithm = balancingMethod(name).create<typeof list[number]>({ balanceFactor: 1.2 });
    algorithm.update(list);
    for (let i = 0; i < 200; i++) {
      const picked = algorithm.pick("one key", ({ id }) => id === "c");
      if (picked !== null) picked.leases++;
    }
    // At most ceil(1.2 × 200 × weight / 3).
    assert(list[0].leases <= 80 && list[1].leases <= 160 && list[2].leases === 0);
    assertEquals(list[0].leases + list[1].leases, 200);
  });

  Deno.test(`${name} refuses a balanceFactor of 1`, () => {
    const create = () => balancingMethod(name).create({ balanceFactor: 1 });
    assertThrows(create, RangeError, "balanceFactor");
  });

  Deno.test(`${name} takes any one for a request without a key`, () => {
    const algorithm = balancingMethod(name).create();
    algorithm.update(servers(1, 1, 1));
    const counts = count(Array.from({ length: 300 }, () => algorithm.pick(null)?.id));
    assertEquals(Object.keys(counts).sort(), ["a", "b", "c"]);
  });

  Deno.test(`${name} does not move keys in a slow start`, () => {
    const algorithm = balancingMethod(name).create();
    const list = servers(1, 1, 1);
    algorithm.update(list);
    const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
    const homes = keys.map((key) => algorithm.pick(key)?.id);
    algorithm.update(list, ({ id }) => id === "a" ? 0.1 : 1);
    assertEquals(keys.map((key) => algorithm.pick(key)?.id), homes);
  });
}

Deno.test("ketama scales huge weights down together", () => {
  const algorithm = balancingMethod("ketama").create();
  // Were they not scaled, they would make more points than a ring takes.
  algorithm.update(servers(60_000, 60_000, 20_000, 20_000));
  const counts = count(Array.from({ length: 4_000 }, (_, i) => algorithm.pick(`key ${i}`)?.id));
  assert(Math.abs(counts.a / 4_000 - 0.375) < 0.05, `a has ${counts.a} of 4000`);
});
