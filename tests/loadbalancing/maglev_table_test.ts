import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type MaglevServer, MaglevTable } from "@pingo/pingo/loadbalancing";
import { naiveKeyEntry, naiveMaglev } from "./_naive_maglev.ts";

const keys = Array.from({ length: 2000 }, (_, i) => `/object/${i}`);
function servers(n: number, net = 0): MaglevServer[] {
  return Array.from({ length: n }, (_, i) => ({ address: `10.0.${net}.${i}:80` }));
}

/** The server of each entry, found through a key for each. */
function entriesOf(table: MaglevTable): string[] {
  const entries = Array.from({ length: table.size }, () => "");
  let left = table.size;
  for (let i = 0; left > 0; i++) {
    const entry = naiveKeyEntry(`${i}`, table.size);
    if (entries[entry] === "") left--;
    entries[entry] = table.get(`${i}`);
  }
  return entries;
}

const primes = [2, 3, 7, 13, 101, 251, 509];
const server = fc.record({
  address: fc.oneof(fc.domain(), fc.string({ minLength: 1, maxLength: 8 })),
  weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.double({ min: 0.01, max: 9, noNaN: true })),
});
const list = (maxLength: number) =>
  fc.uniqueArray(server, { minLength: 1, maxLength, selector: ({ address }) => address });

Deno.test("MaglevTable agrees with the paper's pseudo code in each entry (property)", () => {
  const input = fc.constantFrom(...primes).chain((size) =>
    fc.record({ size: fc.constant(size), servers: list(Math.min(size, 9)) })
  );
  fc.assert(
    fc.property(input, ({ size, servers }) => {
      assertEquals(entriesOf(new MaglevTable(servers, { size })), naiveMaglev(servers, size));
    }),
    { numRuns: 60, verbose: 1 },
  );
});

Deno.test("MaglevTable of 65,537 entries agrees with the paper's pseudo code", () => {
  const list = servers(7).map((server, i) => ({ ...server, weight: 1 + i % 3 }));
  const naive = naiveMaglev(list, 65537);
  const table = new MaglevTable(list);
  assertEquals(table.size, 65537);
  for (const key of keys) assertEquals(table.get(key), naive[naiveKeyEntry(key, 65537)]);
});

Deno.test("MaglevTable depends on the set of servers, not on their order (property)", () => {
  const shuffled = list(8).chain((servers) =>
    fc.shuffledSubarray(servers, { minLength: servers.length }).map((other) => ({ servers, other }))
  );
  fc.assert(
    fc.property(shuffled, ({ servers, other }) => {
      const [a, b] = [servers, other].map((each) => new MaglevTable(each, { size: 251 }));
      for (const key of keys.slice(0, 300)) {
        assertEquals(a.get(key), b.get(key));
        assertEquals(a.servers[a.indexOf(key)].address, a.get(key));
      }
    }),
    { numRuns: 60, verbose: 1 },
  );
});

Deno.test("MaglevTable gives equal servers entries that differ by one, at most (property)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 255 }), (n, net) => {
      const counts = new Map<string, number>();
      for (const address of entriesOf(new MaglevTable(servers(n, net), { size: 509 }))) {
        counts.set(address, (counts.get(address) ?? 0) + 1);
      }
      assertEquals(counts.size, n);
      assert(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1);
    }),
    { numRuns: 30, verbose: 1 },
  );
});

Deno.test("MaglevTable gives entries in proportion to the weights (property)", () => {
  const weights = fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(weights, (weights) => {
      const size = 509;
      const list = servers(weights.length).map((server, i) => ({ ...server, weight: weights[i] }));
      const entries = entriesOf(new MaglevTable(list, { size }));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      list.forEach(({ address, weight }) => {
        const count = entries.filter((each) => each === address).length;
        // The last round may be cut off, and each server begins with a turn: one entry for each server and one more.
        const off = Math.abs(count - size * weight / total);
        assert(off <= weights.length + 1, `${count} entries at ${weight} of ${total}`);
      });
    }),
    { numRuns: 60, verbose: 1 },
  );
});

Deno.test("MaglevTable moves the keys of a server that goes, and few others (property)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 50 }), fc.nat({ max: 255 }), fc.nat(), (n, net, pick) => {
      const before = new MaglevTable(servers(n, net));
      const gone = before.servers[pick % n].address;
      const after = new MaglevTable(before.servers.filter(({ address }) => address !== gone));
      const stayed = keys.filter((key) => before.get(key) !== gone);
      const moved = stayed.filter((key) => before.get(key) !== after.get(key));
      assert(moved.length < 0.04 * keys.length, `${moved.length} keys of ${n} servers moved`);
    }),
    { numRuns: 25, verbose: 1 },
  );
});

Deno.test("MaglevTable moves about 1/n of the keys to a server that comes (property)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat({ max: 255 }), (n, net) => {
      const list = servers(n, net);
      const [before, after] = [list.slice(1), list].map((each) => new MaglevTable(each));
      const moved = keys.filter((key) => before.get(key) !== after.get(key)).length / keys.length;
      const deviation = Math.sqrt(1 / n / keys.length);
      assert(Math.abs(moved - 1 / n) < 0.04 + 5 * deviation, `${moved} of the keys, n = ${n}`);
    }),
    { numRuns: 25, verbose: 1 },
  );
});

Deno.test("MaglevTable.iterate() and findIndex() offer each server once, the key's own first", () => {
  const table = new MaglevTable(servers(9), { size: 101 });
  for (const key of keys.slice(0, 200)) {
    const order = [...table.iterate(key)];
    assertEquals(order[0], table.get(key));
    assertEquals([...order].sort(), table.servers.map(({ address }) => address));
    const offered: string[] = [];
    const accept = (index: number): boolean => offered.push(table.servers[index].address) > 99;
    assertEquals(table.findIndex(key, accept), -1);
    assertEquals(offered, order);
    const third = (index: number): boolean => table.servers[index].address === order[2];
    assertEquals(table.servers[table.findIndex(key, third)].address, order[2]);
  }
});

Deno.test("MaglevTable.iterate() spreads the keys of one server over all others", () => {
  const table = new MaglevTable(servers(5));
  const own = keys.filter((key) => table.get(key) === "10.0.0.0:80");
  const seconds = Map.groupBy(own, (key) => [...table.iterate(key)][1]);
  assertEquals(seconds.size, 4);
  for (const some of seconds.values()) assert(some.length > own.length / 8);
});

Deno.test("MaglevTable takes bytes for the text that they encode", () => {
  const table = new MaglevTable(servers(5));
  for (const key of ["a", "é", "😀"]) {
    assertEquals(table.get(new TextEncoder().encode(key)), table.get(key));
  }
});

Deno.test("MaglevTable without servers has none to give", () => {
  const table = new MaglevTable([]);
  assertEquals([table.indexOf("k"), table.findIndex("k", () => true)], [-1, -1]);
  assertEquals([...table.iterate("k")], []);
  assertThrows(() => table.get("k"), RangeError, "the table is empty");
});

type Bad = [name: string, servers: unknown[], size: number, error: ErrorConstructor, text: string];
const twice = [{ address: "a" }, { address: "a" }];
const bad: Bad[] = [
  ["a size that is no prime", [], 65536, RangeError, "size 65536 is no prime up to 2^24"],
  ["the square of a prime", [], 49, RangeError, "size 49 is no prime"],
  ["a broken size", [], 2.5, RangeError, "size 2.5 is no prime"],
  ["a negative size", [], -7, RangeError, "size -7 is no prime"],
  ["a prime that is too large", [], 16777259, RangeError, "size 16777259 is no prime up to 2^24"],
  ["more servers than entries", servers(4), 3, RangeError, "4 servers are more than 3 entries"],
  ["an empty address", [{ address: "" }], 7, TypeError, "no text, or empty"],
  ["an address twice", twice, 7, RangeError, "server a: it is there already"],
  ["weight 0", [{ address: "a", weight: 0 }], 7, RangeError, "weight 0 is not above 0"],
  ["weight NaN", [{ address: "a", weight: NaN }], 7, RangeError, "weight NaN is not above 0"],
];
for (const [name, servers, size, error, text] of bad) {
  Deno.test(`MaglevTable refuses ${name}`, () => {
    assertThrows(() => new MaglevTable(servers as MaglevServer[], { size }), error, text);
  });
}
