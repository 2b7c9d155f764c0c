import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KetamaRing, type KetamaServer } from "@pingo/pingo/ketama";
import { naiveNginxRing } from "./_naive_ring.ts";

const address = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat({ max: 65535 })).map(([ip, port]) => `${ip}:${port}`),
  fc.ipV6().map((ip) => `[${ip}]:80`),
  fc.domain(),
  fc.webPath().map((path) => `unix:${path}`),
  fc.string({ minLength: 1, maxLength: 12 }),
);
const server = fc.record({ address, weight: fc.integer({ min: 1, max: 3 }) });
/** What nginx hashes of an address: `unix:` and `:` have it in common, and so one hides all points of the other. */
function hashedPart({ address }: KetamaServer): string {
  if (/^unix:/i.test(address)) return `${address.slice(5)}\0`;
  const [, host = address, port = ""] = /^([^]*):([0-9]*)$/.exec(address) ?? [];
  return `${host}\0${port}`;
}

function serverList(minLength: number, maxLength = 5): fc.Arbitrary<Required<KetamaServer>[]> {
  return fc.uniqueArray(server, { minLength, maxLength, selector: hashedPart });
}
const variant = fc.constantFrom("nginx" as const, "libketama" as const);
const key = fc.string({ unit: "binary", maxLength: 30 });

Deno.test("KetamaRing.get() and iterate() agree with a naive reference (property)", () => {
  fc.assert(
    fc.property(
      serverList(1, 4),
      fc.constantFrom(1, 2, 3, 160),
      fc.array(key, { maxLength: 8 }),
      (servers, pointsPerWeight, keys) => {
        const ring = new KetamaRing(servers, { pointsPerWeight });
        const naive = naiveNginxRing(servers, pointsPerWeight);
        for (const key of keys) {
          const order = naive.order(key);
          assertEquals(ring.get(key), order[0]);
          assertEquals([...ring.iterate(key)].slice(0, order.length), order);
        }
      },
    ),
    { numRuns: 80, verbose: 1 },
  );
});

Deno.test("KetamaRing.iterate() gives each server once (property)", () => {
  fc.assert(
    fc.property(serverList(0, 8), variant, key, (servers, variant, key) => {
      const order = [...new KetamaRing(servers, { variant }).iterate(key)];
      assertEquals([...order].sort(), servers.map(({ address }) => address).sort());
    }),
    { numRuns: 200, verbose: 1 },
  );
});

Deno.test("KetamaRing.replace() makes the ring that a new one would be (property)", () => {
  const lists = fc.tuple(serverList(0), serverList(0)).chain(([old, more]) => {
    const weights = fc.array(fc.integer({ min: 1, max: 3 }), {
      minLength: old.length,
      maxLength: old.length,
    });
    // Some of the old ones, in any order, some with another weight, and new ones between them.
    return weights.chain((weights) => {
      const again = old.map((each, i) => ({ ...each, weight: weights[i] }));
      const fresh = more.filter(({ address }) => old.every((each) => each.address !== address));
      return fc.shuffledSubarray([...again, ...fresh]).map((next) => ({ old, next }));
    });
  });
  fc.assert(
    fc.property(
      lists,
      variant,
      fc.array(key, { maxLength: 20 }),
      ({ old, next }, variant, keys) => {
        const replaced = new KetamaRing(old, { variant }).replace(next);
        const fresh = new KetamaRing(next, { variant });
        assertEquals(replaced.servers, fresh.servers);
        assertEquals(replaced.pointCount, fresh.pointCount);
        for (const key of keys) assertEquals([...replaced.iterate(key)], [...fresh.iterate(key)]);
      },
    ),
    { numRuns: 200, verbose: 1 },
  );
});

const manyKeys = Array.from({ length: 3000 }, (_, i) => `/object/${i}`);

Deno.test("KetamaRing.add() moves about 1/n of the keys, all of them to the new server (property)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), variant, (n, seed, variant) => {
      const servers = Array.from({ length: n }, (_, i) => ({ address: `10.${seed}.0.${i}:80` }));
      const newcomer = servers.pop() ?? { address: "" };
      const before = new KetamaRing(servers, { variant });
      const after = before.add(newcomer);
      const moved = manyKeys.filter((key) => before.get(key) !== after.get(key));
      assert(moved.every((key) => after.get(key) === newcomer.address));
      assert(moved.length <= 1.5 * manyKeys.length / n, `${moved.length} keys moved with n = ${n}`);
      assert(moved.length >= 0.5 * manyKeys.length / n, `${moved.length} keys moved with n = ${n}`);
    }),
    { numRuns: 60, verbose: 1 },
  );
});

Deno.test("KetamaRing.remove() moves the keys of the removed server alone, to their next ones (property)", () => {
  fc.assert(
    fc.property(
      serverList(2, 6),
      fc.array(key, { minLength: 50, maxLength: 50 }),
      (servers, keys) => {
        const before = new KetamaRing(servers);
        const gone = servers[0].address;
        const after = before.remove(gone);
        for (const key of keys) {
          const rest = [...before.iterate(key)].filter((each) => each !== gone);
          assertEquals(after.get(key), rest[0]);
        }
      },
    ),
    { numRuns: 100, verbose: 1 },
  );
});

Deno.test("KetamaRing.update() to a higher weight moves keys only to that server (property)", () => {
  fc.assert(
    fc.property(serverList(2, 6), fc.integer({ min: 2, max: 4 }), (servers, factor) => {
      const before = new KetamaRing(servers);
      const [{ address, weight }] = servers;
      const after = before.update({ address, weight: weight * factor });
      for (const key of manyKeys.slice(0, 300)) {
        if (after.get(key) !== before.get(key)) assertEquals(after.get(key), address);
      }
    }),
    { numRuns: 60, verbose: 1 },
  );
});

Deno.test("KetamaRing gives keys in proportion to the weights (property)", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(weights, fc.nat({ max: 255 }), variant, (weights, net, variant) => {
      const servers = weights.map((weight, i) => ({ address: `10.0.${net}.${i}:80`, weight }));
      const ring = new KetamaRing(servers, { variant });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const counts = weights.map(() => 0);
      for (const key of manyKeys) counts[ring.indexOf(key)]++;
      weights.forEach((weight, i) => {
        // A share deviates by that of its points and by that of the keys counted.
        const expected = manyKeys.length * weight / total;
        const points = ring.pointCount * weight / total;
        const deviation = expected * Math.sqrt(1 / points + 1 / expected);
        const off = Math.abs(counts[i] - expected) / deviation;
        assert(off < 5.5, `server ${i} of ${weights} has ${counts[i]} keys for ${expected}`);
      });
    }),
    { numRuns: 60, verbose: 1 },
  );
});
