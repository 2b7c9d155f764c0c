import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Algorithm, BALANCING_METHODS, balancingMethod } from "@pingo/pingo/loadbalancing";
import { FakeClock } from "@pingo/pingo/timeout";
import { fuzzSettings } from "../fuzz/_settings.ts";
import { count, seeded, type Server, servers } from "./_support.ts";

function make(name: string, seed = 7): Algorithm<Server> {
  return balancingMethod(name).create<Server>({ random: seeded(seed), clock: new FakeClock() });
}

const keys = Array.from({ length: 20_000 }, (_, i) => `key ${i}`);

for (const name of BALANCING_METHODS) {
  Deno.test(`${name} picks nobody of nobody`, () => {
    const algorithm = make(name);
    assertEquals(algorithm.pick("key"), null);
    algorithm.update(servers(1));
    algorithm.update([]);
    assertEquals(algorithm.pick("key"), null);
  });

  for (const weight of [0, -1, NaN, Infinity]) {
    Deno.test(`${name} refuses the weight ${weight}, and goes on with those before`, () => {
      const algorithm = make(name);
      algorithm.update(servers(1));
      assertThrows(() => algorithm.update(servers(1, weight)), RangeError, `weight ${weight}`);
      assertEquals(algorithm.pick("key")?.id, "a");
    });
  }

  Deno.test(`${name} shares by weight among the idle`, () => {
    const weights = [1, 2, 5, 0.5];
    // Whole weights for all, a broken one as slow start gives it.
    const list = servers(1, 2, 5, 1);
    const algorithm = make(name);
    const isKeyed = algorithm.isKeyed === true;
    if (isKeyed) algorithm.update(list);
    else algorithm.update(list, ({ id }) => weights[id.charCodeAt(0) - 97]);
    const counts = count(keys.map((key) => algorithm.pick(key)?.id));
    const expected = isKeyed ? [1, 2, 5, 1] : weights;
    const total = expected.reduce((a, b) => a + b);
    for (const [i, { id }] of list.entries()) {
      const share = counts[id] / keys.length;
      const should = expected[i] / total;
      assert(Math.abs(share - should) < should * 0.2, `${id} has ${share}, not ${should}`);
    }
  });

  Deno.test(`${name} never picks who is refused, and somebody while there is one`, () => {
    const algorithm = make(name);
    const weights = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.nat({ max: 63 }), fc.string(), fc.array(fc.nat({ max: 9 })), (
        weights,
        refused,
        key,
        leases,
      ) => {
        const list = servers(...weights);
        for (const [i, server] of list.entries()) server.leases = leases[i] ?? 0;
        algorithm.update(list);
        const isRefused = ({ id }: Server) => (refused & (1 << (id.charCodeAt(0) - 97))) !== 0;
        const free = list.filter((server) => !isRefused(server));
        for (let i = 0; i < 5; i++) {
          const picked = algorithm.pick(key, isRefused);
          if (free.length === 0) assertEquals(picked, null);
          else assert(picked !== null && free.includes(picked), `picked ${picked?.id}`);
        }
      }),
      fuzzSettings(`${name} and who is refused`, 200),
    );
  });

  Deno.test(`${name} goes on when the list is swapped between picks`, () => {
    const algorithm = make(name);
    const swap = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(swap, { minLength: 1, maxLength: 10 }), (swaps) => {
        for (const weights of swaps) {
          const list = servers(...weights);
          algorithm.update(list);
          const picked = algorithm.pick("key");
          assert(picked !== null && list.includes(picked));
          algorithm.observe?.(picked, { latencyMs: 5, result: "succeeded" });
        }
      }),
      fuzzSettings(`${name} and swaps`, 100),
    );
  });
}

for (const name of ["random", "p2c", "ewma"]) {
  for (const [b, c] of [[1, 3], [3, 1]]) {
    Deno.test(`${name} shares ${b} to ${c} among those that are not refused`, () => {
      // The refused one has nearly all the weight: draws are in vain, all are looked through.
      const algorithm = make(name);
      algorithm.update(servers(1000, b, c));
      const counts = count(
        Array.from({ length: 8000 }, () => algorithm.pick(null, ({ id }) => id === "a")?.id),
      );
      assertEquals(counts.a, undefined);
      assert(Math.abs(counts.c / 8000 - c / 4) < 0.03, `c has ${counts.c} of 8000`);
    });
  }
}

for (const name of ["least_conn", "p2c"]) {
  Deno.test(`${name} keeps leases in the proportion of weights`, () => {
    const list = servers(1, 2, 5);
    const algorithm = make(name);
    algorithm.update(list);
    for (let i = 0; i < 800; i++) {
      const picked = algorithm.pick();
      if (picked !== null) picked.leases++;
    }
    for (const [i, share] of [100, 200, 500].entries()) {
      assert(Math.abs(list[i].leases - share) <= share * 0.05, `${list[i].id}: ${list[i].leases}`);
    }
  });
}
