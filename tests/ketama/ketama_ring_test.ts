import { assert, assertEquals, assertThrows } from "@std/assert";
import { KetamaRing, type KetamaRingOptions, type KetamaServer } from "@pingo/pingo/ketama";
import fixture from "./nginx_ring.json" with { type: "json" };
import libketama from "./libketama_ring.json" with { type: "json" };

const three: KetamaServer[] = [
  { address: "10.0.0.1:80" },
  { address: "10.0.0.2:80", weight: 2 },
  { address: "unix:/run/app.sock" },
];
const keys = Array.from({ length: 500 }, (_, i) => `key${i}`);

// What a real nginx 1.22.1 chose, with all servers and without one of them.
const servers = fixture.servers.map(({ name, weight }) => ({ address: name, weight }));
for (const [name, chosen] of Object.entries(fixture.maps)) {
  const without = name.replace(/^without /, "");
  const list = servers.filter(({ address }) => address !== without);
  Deno.test(`KetamaRing chooses as nginx does: ${name}`, () => {
    assertEquals(list.length, name === "all" ? 5 : 4);
    const ring = new KetamaRing(list);
    const ours = Object.keys(chosen).map((key) => [key, ring.get(key)]);
    assertEquals(Object.keys(chosen).length, 1000);
    assertEquals(Object.fromEntries(ours), chosen);
    const bytes = new TextEncoder();
    assert(Object.keys(chosen).every((key) => ring.get(bytes.encode(key)) === ring.get(key)));
  });
}

Deno.test("KetamaRing.remove() makes the ring of an nginx without the server", () => {
  const [, [name, chosen]] = Object.entries(fixture.maps);
  const ring = new KetamaRing(servers).remove(name.replace("without ", ""));
  const ours = Object.keys(chosen).map((key) => [key, ring.get(key)]);
  assertEquals(Object.fromEntries(ours), chosen);
});

for (const [name, { servers, points, keys }] of Object.entries(libketama)) {
  Deno.test(`KetamaRing chooses as libketama does by Python's hashlib: ${name}`, () => {
    const ring = new KetamaRing(servers, { variant: "libketama" });
    assertEquals(ring.pointCount, points);
    const ours = Object.keys(keys).map((key) => [key, ring.get(key)]);
    assertEquals(Object.fromEntries(ours), keys);
  });
}

Deno.test("KetamaRing has 160 points for weight 1, or pointsPerWeight", () => {
  assertEquals(new KetamaRing(three).pointCount, 640);
  assertEquals(new KetamaRing(three, { pointsPerWeight: 10 }).pointCount, 40);
  const options = { variant: "libketama", pointsPerWeight: 20 } as const;
  assertEquals(new KetamaRing(three.slice(0, 1), options).pointCount, 20);
  const tenth = new KetamaRing([{ address: "a", weight: 0.1 }, { address: "b", weight: 1e-9 }]);
  assertEquals(tenth.pointCount, 17);
});

Deno.test("KetamaRing.indexOf() is the place of get() in servers", () => {
  for (const variant of ["nginx", "libketama"] as const) {
    const ring = new KetamaRing(three, { variant });
    for (const key of keys) assertEquals(ring.servers[ring.indexOf(key)].address, ring.get(key));
  }
});

Deno.test("KetamaRing.servers tells defaults and does not follow the caller's list", () => {
  const list = [...three];
  const ring = new KetamaRing(list);
  list.pop();
  assertEquals(ring.servers.map(({ weight }) => weight), [1, 2, 1]);
});

Deno.test("KetamaRing without servers has none to give", () => {
  const ring = new KetamaRing([]);
  assertEquals([ring.indexOf("k"), ring.findIndex("k", () => true)], [-1, -1]);
  assertEquals([...ring.iterate("k")], []);
  assertThrows(() => ring.get("k"), RangeError, "the ring is empty");
  assertEquals(ring.add({ address: "a" }).remove("a").indexOf("k"), -1);
  assertEquals(ring.add({ address: "a" }).get("k"), "a");
});

Deno.test("KetamaRing.add(), remove() and update() leave the ring as it was", () => {
  const ring = new KetamaRing(three);
  const before = keys.map((key) => ring.get(key));
  ring.add({ address: "d" });
  ring.remove("10.0.0.1:80");
  ring.update({ address: "10.0.0.2:80", weight: 9 });
  assertEquals(keys.map((key) => ring.get(key)), before);
  assertEquals(ring.servers.length, 3);
});

Deno.test("KetamaRing.replace() keeps the variant and pointsPerWeight", () => {
  const options = { variant: "libketama", pointsPerWeight: 40 } as const;
  const ring = new KetamaRing(three, options).add({ address: "d" });
  const expected = new KetamaRing([...three, { address: "d" }], options);
  assertEquals(ring.pointCount, expected.pointCount);
  for (const key of keys) assertEquals([...ring.iterate(key)], [...expected.iterate(key)]);
});

Deno.test("KetamaRing.iterate() ends on the ring on which it began", () => {
  let ring = new KetamaRing(three);
  const walk = ring.iterate("k");
  const [first, ...rest] = ring.iterate("k");
  assertEquals(walk.next().value, first);
  ring = ring.remove(rest[0]);
  assertEquals([...walk], rest);
});

Deno.test("KetamaRing.findIndex() offers each server once, in the order of iterate()", () => {
  const ring = new KetamaRing(three);
  for (const key of keys) {
    const offered: string[] = [];
    const accept = (index: number): boolean => offered.push(ring.servers[index].address) > 99;
    assertEquals(ring.findIndex(key, accept), -1);
    assertEquals(offered, [...ring.iterate(key)]);
    assertEquals(ring.findIndex(key, () => true), ring.indexOf(key));
  }
});

Deno.test("KetamaRing.findIndex() offers all servers however many walks went before", () => {
  for (let short = 0; short < 300; short++) {
    const ring = new KetamaRing(three);
    ring.findIndex("k", () => false);
    for (let i = 0; i < short; i++) ring.findIndex("k", () => true);
    const offered: number[] = [];
    ring.findIndex("k", (index) => offered.push(index) > 99);
    assertEquals(offered.toSorted(), [0, 1, 2], `after ${short} short walks`);
  }
});

Deno.test("KetamaRing.findIndex() may be asked from within its test, and after one that threw", () => {
  const ring = new KetamaRing(three);
  const seen: number[] = [];
  ring.findIndex("k", () => true); // now it has a walk to use again
  ring.findIndex("k", (index) => {
    seen.push(index);
    // Other keys, and walks to the end: they must not move the outer one on.
    assertEquals(ring.findIndex(`${index}`, () => false), -1);
    return false;
  });
  assertEquals(seen.length, new Set(seen).size);
  assertEquals(seen.length, 3);
  assertThrows(() =>
    ring.findIndex("k", () => {
      throw new Error("test");
    })
  );
  assertEquals(ring.findIndex("k", () => true), ring.indexOf("k"));
});

// "unix:" goes in any case, and host "a" with an empty port is host "a" alone: the same points.
Deno.test("KetamaRing gives all keys of like points to the first, and reaches the second", () => {
  const like = ["UNIX:/a", "unix:/a", "Unix:/a"];
  const ring = new KetamaRing([...like, "b:1"].map((address) => ({ address })));
  for (const key of keys) {
    const order = [...ring.iterate(key)];
    assertEquals(order.slice(0, 2).sort(), ["UNIX:/a", "b:1"]);
    assertEquals(order.slice(2), ["unix:/a", "Unix:/a"]);
    const offered: string[] = [];
    ring.findIndex(key, (index) => offered.push(ring.servers[index]?.address) > 99);
    assertEquals(offered, order);
  }
  const without = ring.remove("UNIX:/a");
  assertEquals(new Set(keys.map((key) => without.get(key))), new Set(["unix:/a", "b:1"]));
});

Deno.test("KetamaRing splits addresses as nginx does", () => {
  const same: [string, string][] = [
    ["unix:/run/a", "/run/a"],
    ["Unix:/run/a", "/run/a"],
    ["a:", "a"],
    ["[::1]:", "[::1]"],
  ];
  for (const [one, other] of same) {
    const [a, b] = [one, other].map((address) => new KetamaRing([{ address }, { address: "x:1" }]));
    assertEquals(keys.map((key) => a.indexOf(key)), keys.map((key) => b.indexOf(key)));
  }
});

type Bad = [
  name: string,
  servers: unknown[],
  options: KetamaRingOptions,
  error: ErrorConstructor,
  message: string,
];
const twice = [{ address: "a" }, { address: "b" }, { address: "a" }];
const unknown = "cache" as "nginx";
const bad: Bad[] = [
  ["an empty address", [{ address: "" }], {}, TypeError, "no text, or empty"],
  ["an address that is no text", [{ address: 1 }], {}, TypeError, "no text, or empty"],
  ["an address twice", twice, {}, RangeError, "server a: it is there already"],
  ["weight 0", [{ address: "a", weight: 0 }], {}, RangeError, "weight 0 is not above 0"],
  ["weight NaN", [{ address: "a", weight: NaN }], {}, RangeError, "weight NaN is not above 0"],
  ["an endless weight", [{ address: "a", weight: Infinity }], {}, RangeError, "weight Infinity"],
  ["too many points", [{ address: "a", weight: 1e6 }], {}, RangeError, "points are too many"],
  ["an unknown variant", [], { variant: unknown }, TypeError, "variant cache is unknown"],
  ["no points", [], { pointsPerWeight: 0 }, RangeError, "pointsPerWeight 0 is no multiple of 1"],
  ["half a point", [], { pointsPerWeight: 1.5 }, RangeError, "pointsPerWeight 1.5"],
  [
    "half a digest",
    [],
    { variant: "libketama", pointsPerWeight: 10 },
    RangeError,
    "pointsPerWeight 10 is no multiple of 4 from 8 on",
  ],
];
for (const [name, servers, options, error, message] of bad) {
  Deno.test(`KetamaRing refuses ${name}`, () => {
    assertThrows(() => new KetamaRing(servers as KetamaServer[], options), error, message);
  });
}

Deno.test("KetamaRing.remove() and update() refuse a server that is not there, add() one that is", () => {
  const ring = new KetamaRing(three);
  assertThrows(() => ring.remove("z"), RangeError, "Cannot remove server z: it is not in the ring");
  assertThrows(() => ring.update({ address: "z" }), RangeError, "Cannot update server z");
  assertThrows(() => ring.add(three[0]), RangeError, "it is there already");
});

Deno.test({
  name: "KetamaRing needs no permission",
  permissions: "none",
  fn() {
    for (const variant of ["nginx", "libketama"] as const) {
      const ring = new KetamaRing(three, { variant }).add({ address: "d:1" });
      assertEquals([...ring.iterate("é")].length, 4);
    }
  },
});
