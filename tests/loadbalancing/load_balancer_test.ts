import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { peer, type Selection } from "@pingo/pingo/core";
import { type ErrorKind, ProxyError } from "@pingo/pingo/errors";
import {
  type Backend,
  BackendSet,
  BALANCING_METHODS,
  byHeader,
  KetamaBalancer,
  LoadBalancer,
  type LoadBalancerOptions,
  RoundRobin,
  StickySession,
} from "@pingo/pingo/loadbalancing";
import { FakeClock } from "@pingo/pingo/timeout";
import { count, exchange, outcome, rethrown, seeded, settle } from "./_support.ts";

const three = [{ peer: "a:1" }, { peer: "b:1" }, { peer: "c:1" }];

/** Who is chosen how often, each attempt ended at once. */
function shares(
  balancer: LoadBalancer,
  times: number,
  tried: string[] = [],
): Record<string, number> {
  const peers = tried.map((each) => peer(each));
  return count(Array.from({ length: times }, () => {
    const selection = balancer.select(exchange(), { tried: peers });
    settle(selection);
    return selection.peer.hostname;
  }));
}

function get(balancer: LoadBalancer, id: string): Backend {
  const backend = balancer.backends.get(id);
  assert(backend !== undefined);
  return backend;
}

const bad: { name: string; options: LoadBalancerOptions; error: ErrorConstructor; says: string }[] =
  [
    {
      name: "an unknown method",
      // deno-lint-ignore no-explicit-any
      options: { backends: three, method: "fastest" as any },
      error: TypeError,
      says: "fastest",
    },
    {
      name: "a key for a method that does not hash",
      options: { backends: three, keyOf: byHeader("x") },
      error: TypeError,
      says: "keyOf",
    },
    {
      name: "a panic threshold above 1",
      options: { backends: three, panicThreshold: 50 },
      error: RangeError,
      says: "panicThreshold",
    },
    {
      name: "an overprovisioning below 1",
      options: { backends: three, overprovisioning: 0.9 },
      error: RangeError,
      says: "overprovisioning",
    },
    {
      name: "a slow start of no time",
      options: { backends: three, slowStart: { windowMs: 0 } },
      error: RangeError,
      says: "windowMs",
    },
    {
      name: "a slow start of no aggression",
      options: { backends: three, slowStart: { windowMs: 1, aggression: 0 } },
      error: RangeError,
      says: "aggression",
    },
    {
      name: "a slow start from nothing",
      options: { backends: three, slowStart: { windowMs: 1, minWeight: 0 } },
      error: RangeError,
      says: "minWeight",
    },
    { name: "a bad peer", options: { backends: ["a"] }, error: TypeError, says: "port" },
  ];
for (const { name, options, error, says } of bad) {
  Deno.test(`LoadBalancer() refuses ${name}`, () => {
    assertThrows(() => new LoadBalancer(options), error, says);
  });
}

Deno.test("LoadBalancer.select() takes all in turn by default", () => {
  assertEquals(shares(new LoadBalancer({ backends: three }), 9), { a: 3, b: 3, c: 3 });
});

Deno.test("LoadBalancer.select() goes by the method of one's own", () => {
  const balancer = new LoadBalancer({
    backends: [{ peer: "a:1", weight: 3 }, { peer: "b:1" }],
    method: () => new RoundRobin(),
  });
  assertEquals(shares(balancer, 8), { a: 6, b: 2 });
});

const unavailable: {
  name: string;
  make: (backend: Backend) => void;
  undo: (b: Backend) => void;
}[] = [
  { name: "disabled", make: (b) => b.disable(), undo: (b) => b.enable() },
  { name: "draining", make: (b) => b.drain(), undo: (b) => b.enable() },
  { name: "unhealthy", make: (b) => b.markHealthy(false), undo: (b) => b.markHealthy(true) },
  { name: "ejected", make: (b) => b.eject(), undo: (b) => b.restore() },
  {
    name: "of weight 0",
    make: (b) => void b.reconfigure({ peer: "a:1", weight: 0 }),
    undo: (b) => void b.reconfigure({ peer: "a:1" }),
  },
];
for (const { name, make, undo } of unavailable) {
  Deno.test(`LoadBalancer.select() passes over a backend that is ${name}, until it is no more`, () => {
    const balancer = new LoadBalancer({ backends: three });
    shares(balancer, 3);
    make(get(balancer, "a:1"));
    assertEquals(shares(balancer, 8), { b: 4, c: 4 });
    undo(get(balancer, "a:1"));
    assert(shares(balancer, 9).a >= 2);
  });
}

Deno.test("LoadBalancer.select() avoids tried peers, by address, until nobody else is there", () => {
  const balancer = new LoadBalancer({ backends: three });
  assertEquals(shares(balancer, 6, ["a:1"]), { b: 3, c: 3 });
  assertEquals(shares(balancer, 3, ["a:1", "https://b:1"]), { c: 3 });
  // All were tried: one of them is better than nobody.
  assertEquals(shares(balancer, 3, ["a:1", "b:1", "c:1"]), { a: 1, b: 1, c: 1 });
  balancer.backends.get("a:1")?.disable();
  assertEquals(shares(balancer, 4, ["b:1", "c:1"]), { b: 2, c: 2 });
});

Deno.test("LoadBalancer.select() takes ports and sockets of one host for several servers", () => {
  const balancer = new LoadBalancer({ backends: ["a:1", "a:2", "unix:a"] });
  const tried = [peer("a:1")];
  const ports = Array.from({ length: 4 }, () => balancer.select(exchange(), { tried }).peer.port);
  assertEquals(ports, [2, 0, 2, 0]);
});

Deno.test("LoadBalancer.select() passes over backends at their maxConnections", () => {
  const balancer = new LoadBalancer({
    backends: [{ peer: "a:1", maxConnections: 1 }, { peer: "b:1", maxConnections: 2 }],
  });
  const held = Array.from({ length: 3 }, () => balancer.select(exchange(), { tried: [] }));
  assertEquals(count(held.map(({ peer }) => peer.hostname)), { a: 1, b: 2 });
  const error = assertThrows(() => balancer.select(exchange(), { tried: [] }), ProxyError);
  assertEquals(error.kind, "no_upstream");
  assertEquals(
    error.message,
    "Cannot choose a backend: of 2, 2 are enabled, 2 available, 2 at their limit",
  );
  settle(held[0]);
  assertStrictEquals(balancer.select(exchange(), { tried: [] }).peer, held[0].peer);
});

Deno.test("LoadBalancer.select() does not fall back to a tried peer that is full", () => {
  const balancer = new LoadBalancer({ backends: [{ peer: "a:1", maxConnections: 1 }] });
  balancer.select(exchange(), { tried: [] });
  assertThrows(() => balancer.select(exchange(), { tried: [peer("a:1")] }), ProxyError);
});

Deno.test("LoadBalancer.select() asks isEligible, and sees what it says at once", () => {
  const open = new Set(["b:1"]);
  const balancer = new LoadBalancer({ backends: three, isEligible: ({ id }) => !open.has(id) });
  assertEquals(shares(balancer, 4), { a: 2, c: 2 });
  open.delete("b:1");
  assert(shares(balancer, 6).b >= 2);
  for (const { id } of balancer.backends.backends) open.add(id);
  assertThrows(() => balancer.select(exchange(), { tried: [] }), ProxyError);
});

Deno.test("LoadBalancer.select() may be called by isEligible without mixing up who was tried", () => {
  const inner: string[] = [];
  let isInner = false;
  const balancer: LoadBalancer = new LoadBalancer({
    backends: three,
    isEligible() {
      if (isInner) return true;
      isInner = true;
      inner.push(balancer.select(exchange(), { tried: [peer("a:1")] }).peer.hostname);
      isInner = false;
      return true;
    },
  });
  const { hostname } = balancer.select(exchange(), { tried: [peer("b:1"), peer("c:1")] }).peer;
  assertEquals(hostname, "a");
  assert(inner.length > 0 && !inner.includes("a"), `inner choices: ${inner}`);
});

for (
  const { name, change } of [
    { name: "nobody is there", change: (set: BackendSet) => set.update([]) },
    {
      name: "all are disabled",
      change: (set: BackendSet) => set.backends.forEach((each) => each.disable()),
    },
    {
      name: "all drain",
      change: (set: BackendSet) => set.backends.forEach((each) => each.drain()),
    },
  ]
) {
  Deno.test(`LoadBalancer.select() throws no_upstream when ${name}`, () => {
    const balancer = new LoadBalancer({ backends: three });
    change(balancer.backends);
    const error = assertThrows(() => balancer.select(exchange(), { tried: [] }), ProxyError);
    assertEquals([error.kind, error.status], ["no_upstream", 503]);
  });
}

Deno.test("LoadBalancer.select() uses all that are enabled when most are unhealthy", () => {
  const balancer = new LoadBalancer({ backends: three });
  for (const id of ["a:1", "b:1"]) get(balancer, id).markHealthy(false);
  assertEquals(shares(balancer, 6), { a: 2, b: 2, c: 2 });
  assertEquals(balancer.snapshot().tiers.map(({ isPanicking }) => isPanicking), [true]);
  get(balancer, "b:1").markHealthy(true);
  assertEquals(Object.keys(shares(balancer, 6)).sort(), ["b", "c"]);
});

Deno.test("LoadBalancer.select() never panics with a threshold of 0", () => {
  const balancer = new LoadBalancer({ backends: three, panicThreshold: 0 });
  for (const id of ["a:1", "b:1"]) get(balancer, id).markHealthy(false);
  assertEquals(shares(balancer, 4), { c: 4 });
  get(balancer, "c:1").eject();
  assertThrows(() => balancer.select(exchange(), { tried: [] }), ProxyError, "0 available");
});

Deno.test("LoadBalancer.select() spills to the next priority as the first one fails", () => {
  const balancer = new LoadBalancer({
    backends: [
      ...["a:1", "b:1", "c:1", "d:1"].map((peer) => ({ peer })),
      { peer: "e:1", priority: 1 },
      { peer: "f:1", priority: 3 },
    ],
    random: seeded(5),
  });
  assertEquals(Object.keys(shares(balancer, 100)).sort(), ["a", "b", "c", "d"]);
  get(balancer, "a:1").markHealthy(false);
  // 3 of 4 × 1.4 is still more than 1.
  assertEquals(shares(balancer, 100).e, undefined);
  get(balancer, "b:1").markHealthy(false);
  const spilled = shares(balancer, 10_000);
  assert(Math.abs(spilled.e - 3_000) < 200, `the next tier has ${spilled.e} of 10000`);
  assertEquals(spilled.f, undefined);
  for (const id of ["c:1", "d:1"]) get(balancer, id).disable();
  for (const id of ["a:1", "b:1"]) get(balancer, id).disable();
  assertEquals(shares(balancer, 10), { e: 10 });
});

Deno.test("LoadBalancer.select() goes to another tier for an exchange that has tried all of one", () => {
  const balancer = new LoadBalancer({
    backends: [{ peer: "a:1" }, { peer: "b:1", priority: 1 }],
  });
  assertEquals(shares(balancer, 3), { a: 3 });
  assertEquals(shares(balancer, 3, ["a:1"]), { b: 3 });
});

Deno.test("LoadBalancer.select() prefers its own zone and spills to the others", () => {
  const balancer = new LoadBalancer({
    backends: [
      { peer: "a:1", zone: "here" },
      { peer: "b:1", zone: "here" },
      { peer: "c:1", zone: "there" },
      { peer: "d:1", zone: "here", priority: 1 },
    ],
    zone: "here",
    random: seeded(6),
  });
  assertEquals(shares(balancer, 6), { a: 3, b: 3 });
  get(balancer, "a:1").markHealthy(false);
  const spilled = shares(balancer, 10_000);
  assert(Math.abs(spilled.c - 3_000) < 200, `the other zone has ${spilled.c} of 10000`);
  assertEquals(
    balancer.snapshot().tiers.map(({ priority, isOwnZone, candidates }) => ({
      priority,
      isOwnZone,
      candidates,
    })),
    [
      { priority: 0, isOwnZone: true, candidates: ["b:1"] },
      { priority: 0, isOwnZone: false, candidates: ["c:1"] },
      { priority: 1, isOwnZone: true, candidates: ["d:1"] },
    ],
  );
});

Deno.test("LoadBalancer.select() lets a backend that recovers start slowly", () => {
  const clock = new FakeClock();
  const balancer = new LoadBalancer({
    backends: three,
    slowStart: { windowMs: 10_000 },
    clock,
  });
  assertEquals(shares(balancer, 300), { a: 100, b: 100, c: 100 });
  get(balancer, "c:1").markHealthy(false);
  shares(balancer, 2);
  get(balancer, "c:1").markHealthy(true);
  assertEquals(shares(balancer, 210), { a: 100, b: 100, c: 10 });
  clock.advance(5_000);
  assertEquals(shares(balancer, 250), { a: 100, b: 100, c: 50 });
  clock.advance(5_000);
  assertEquals(shares(balancer, 300), { a: 100, b: 100, c: 100 });
});

Deno.test("LoadBalancer.select() lets a backend that is added start slowly, by its options", () => {
  const clock = new FakeClock();
  const balancer = new LoadBalancer({
    backends: three.slice(0, 2),
    slowStart: { windowMs: 10_000, aggression: 2, minWeight: 0.2 },
    clock,
  });
  shares(balancer, 2);
  balancer.backends.update(three);
  assertEquals(shares(balancer, 220), { a: 100, b: 100, c: 20 });
  clock.advance(2_500);
  assertEquals(shares(balancer, 250), { a: 100, b: 100, c: 50 });
});

Deno.test("LoadBalancer.select() forgets a slow start when nobody was left in between", () => {
  const clock = new FakeClock();
  const options = { slowStart: { windowMs: 10_000 }, clock, panicThreshold: 0 };
  const balancer = new LoadBalancer({ backends: three.slice(0, 2), ...options });
  const [a, b] = balancer.backends.backends;
  shares(balancer, 1);
  b.eject();
  shares(balancer, 1);
  b.restore();
  shares(balancer, 1);
  a.eject();
  b.eject();
  assertThrows(() => balancer.select(exchange(), { tried: [] }), ProxyError);
  a.restore();
  b.restore();
  const { a: first, b: second } = shares(balancer, 100);
  assert(Math.abs(first - second) <= 2, `shares are ${first} and ${second}`);
});

for (const method of ["least_conn", "p2c"] as const) {
  Deno.test(`LoadBalancer.select() does not flood a backend that recovers, by ${method}`, () => {
    const balancer = new LoadBalancer({
      backends: three,
      method,
      slowStart: { windowMs: 10_000 },
      clock: new FakeClock(),
      random: seeded(4),
    });
    const c = get(balancer, "c:1");
    c.markHealthy(false);
    const hold = () => balancer.select(exchange(), { tried: [] });
    for (let i = 0; i < 200; i++) hold();
    c.markHealthy(true);
    // A tenth of what each of the others has; without slow start, all of these would go there.
    for (let i = 0; i < 60; i++) hold();
    assert(c.leases >= 1 && c.leases <= 13, `c has ${c.leases}`);
  });
}

Deno.test("LoadBalancer.select() without slow start gives the whole weight at once", () => {
  const balancer = new LoadBalancer({ backends: three.slice(0, 2) });
  shares(balancer, 2);
  balancer.backends.update(three);
  assertEquals(shares(balancer, 300), { a: 100, b: 100, c: 100 });
});

Deno.test("LoadBalancer.select() hashes by the client's address, or by keyOf", () => {
  for (const method of ["ketama", "maglev"] as const) {
    const byClient = new LoadBalancer({ backends: three, method });
    const byTenant = new LoadBalancer({ backends: three, method, keyOf: byHeader("x-tenant") });
    const homes = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const address = `192.0.2.${i}`;
      const chosen = [exchange({ address }), exchange({ address, target: "/other" })].map((each) =>
        byClient.select(each, { tried: [] }).peer.hostname
      );
      assertEquals(chosen[0], chosen[1]);
      homes.add(chosen[0]);
      const headers = { "x-tenant": `tenant ${i}` };
      const [one, other] = [exchange({ address, headers }), exchange({ headers })].map((each) =>
        byTenant.select(each, { tried: [] }).peer.hostname
      );
      assertEquals(one, other);
    }
    assertEquals(homes.size, 3);
  }
});

Deno.test("LoadBalancer.select() fails over in the key's own order, and comes back", () => {
  const balancer = new LoadBalancer({ backends: three, method: "ketama", panicThreshold: 0 });
  const home = () => balancer.select(exchange(), { tried: [] }).peer;
  const first = home();
  const second = balancer.select(exchange(), { tried: [first] }).peer;
  assert(second !== first);
  assertStrictEquals(balancer.select(exchange(), { tried: [first] }).peer, second);
  get(balancer, `${first.hostname}:1`).markHealthy(false);
  assertStrictEquals(home(), second);
  get(balancer, `${first.hostname}:1`).markHealthy(true);
  assertStrictEquals(home(), first);
});

Deno.test("LoadBalancer.select() bounds the load of one key's home", () => {
  const balancer = new LoadBalancer({
    backends: three,
    method: () => new KetamaBalancer([], { balanceFactor: 1.25 }),
  });
  for (let i = 0; i < 90; i++) balancer.select(exchange(), { tried: [] });
  const leases = balancer.backends.backends.map(({ leases }) => leases);
  // ceil(1.25 × 90 / 3)
  assert(Math.max(...leases) <= 38, `leases are ${leases}`);
});

const ends: { end: number | ErrorKind; result: string }[] = [
  { end: 200, result: "succeeded" },
  { end: 101, result: "succeeded" },
  { end: 502, result: "failed" },
  { end: "connect_refused", result: "failed" },
  { end: "client_gone", result: "aborted" },
];
for (const { end, result } of ends) {
  Deno.test(`Selection.settle() releases a lease that ended with ${end}, once`, () => {
    const balancer = new LoadBalancer({ backends: ["a:1"] });
    const selection = balancer.select(exchange(), { tried: [] });
    assertEquals(get(balancer, "a:1").leases, 1);
    settle(selection, end);
    settle(selection, end);
    const { leases, statistics } = get(balancer, "a:1");
    assertEquals(leases, 0);
    assertEquals({ ...statistics, latencyMs: null }, {
      selected: 1,
      succeeded: 0,
      failed: 0,
      aborted: 0,
      latencyMs: null,
      [result]: 1,
    });
  });
}

Deno.test("Selection.settle() releases a backend that was removed meanwhile", () => {
  const balancer = new LoadBalancer({ backends: three });
  const held = three.map(() => balancer.select(exchange(), { tried: [] }));
  balancer.backends.update([{ peer: "b:1" }]);
  assertEquals(balancer.snapshot().backends.map(({ id }) => id), ["b:1", "a:1", "c:1"]);
  held.forEach((selection) => settle(selection));
  assertEquals(balancer.snapshot().backends.map(({ id, leases }) => [id, leases]), [["b:1", 0]]);
});

Deno.test("Selection.settle() counts the time to the head, not to the end of a long body", () => {
  const clock = new FakeClock({ now: 1_000 });
  const balancer = new LoadBalancer({ backends: ["a:1"], clock });
  const long = exchange({ clock });
  const selection = balancer.select(long, { tried: [] });
  long.timings.upstreamStart = clock.now();
  clock.advance(30);
  long.timings.upstreamHead = clock.now();
  clock.advance(3_600_000);
  selection.settle?.(outcome(200, 3_600_030));
  assertEquals(get(balancer, "a:1").statistics.latencyMs, 30);
});

Deno.test("Selection.settle() feeds the algorithm", () => {
  const clock = new FakeClock();
  const balancer = new LoadBalancer({
    backends: ["a:1", "b:1"],
    method: "ewma",
    clock,
    random: seeded(8),
  });
  const seen = new Set<string>();
  while (seen.size < 2) {
    const selection = balancer.select(exchange(), { tried: [] });
    seen.add(selection.peer.hostname);
    selection.settle?.(outcome(200, selection.peer.hostname === "a" ? 900 : 10));
  }
  assertEquals(shares(balancer, 20), { b: 20 });
});

Deno.test("LoadBalancer.onOutcome() and onSelect() tell of each attempt, also when one listener throws", async () => {
  const balancer = new LoadBalancer({ backends: ["a:1"] });
  const heard: string[] = [];
  const fail = () => {
    throw new Error("a listener's");
  };
  const stops = [
    balancer.onSelect(fail),
    balancer.onSelect(({ id, leases }) => heard.push(`select ${id} ${leases}`)),
    balancer.onOutcome(fail),
    balancer.onOutcome(({ id, leases }, { status }) => heard.push(`end ${id} ${leases} ${status}`)),
  ];
  const thrown = await rethrown(() => settle(balancer.select(exchange(), { tried: [] }), 204));
  assertEquals(thrown, ["a listener's", "a listener's"]);
  assertEquals(heard, ["select a:1 1", "end a:1 0 204"]);
  stops.forEach((stop) => stop());
  settle(balancer.select(exchange(), { tried: [] }));
  assertEquals(heard.length, 2);
});

Deno.test("LoadBalancer tells listeners of an outcome though its algorithm throws", () => {
  class Fragile extends RoundRobin<Backend> {
    observe(): void {
      throw new Error("the algorithm's");
    }
  }
  const balancer = new LoadBalancer({ backends: ["a:1"], method: () => new Fragile() });
  let heard = 0;
  balancer.onOutcome(() => heard++);
  const selection = balancer.select(exchange(), { tried: [] });
  assertThrows(() => settle(selection), Error, "the algorithm's");
  assertEquals([heard, balancer.backends.backends[0].leases], [1, 0]);
});

Deno.test("LoadBalancer shares a set with others, and lets go of it when disposed of", () => {
  const set = new BackendSet(["a:1"]);
  const balancer = new LoadBalancer({ backends: set });
  const other = new LoadBalancer({ backends: set });
  shares(balancer, 1);
  set.update([{ peer: "b:1" }]);
  assertEquals([shares(balancer, 1), shares(other, 1)], [{ b: 1 }, { b: 1 }]);
  balancer[Symbol.dispose]();
  set.update([{ peer: "c:1" }]);
  assertEquals([shares(balancer, 1), shares(other, 1)], [{ b: 1 }, { c: 1 }]);
});

Deno.test("LoadBalancer.selectBackend() chooses without a lease", () => {
  const balancer = new LoadBalancer({ backends: three });
  const chosen = balancer.selectBackend(exchange(), { tried: [] });
  assertEquals([chosen.id, chosen.leases, chosen.statistics.selected], ["a:1", 0, 0]);
});

Deno.test("LoadBalancer.canServe() forgets the panic of a tier in which nobody is enabled any more", () => {
  const balancer = new LoadBalancer({ backends: ["a:1", { peer: "b:1", priority: 1 }] });
  const a = get(balancer, "a:1");
  for (const { id } of balancer.backends.backends) get(balancer, id).markHealthy(false);
  assertEquals(balancer.canServe(a), true);
  a.drain();
  assertEquals(balancer.canServe(a), false);
});

Deno.test("LoadBalancer.canServe() is true of who may take a client that is bound to it", () => {
  const set = new BackendSet([{ peer: "a:1", maxConnections: 1 }, { peer: "b:1" }, {
    peer: "c:1",
  }]);
  const open = new Set<string>();
  const balancer = new LoadBalancer({ backends: set, isEligible: ({ id }) => !open.has(id) });
  const a = get(balancer, "a:1");
  const results: [string, boolean][] = [];
  const note = (what: string) => results.push([what, balancer.canServe(a)]);
  note("at first");
  a.drain();
  note("draining");
  a.disable();
  note("disabled");
  a.enable();
  a.markHealthy(false);
  note("unhealthy");
  get(balancer, "b:1").markHealthy(false);
  note("in a panic");
  a.markHealthy(true);
  open.add("a:1");
  note("vetoed");
  open.clear();
  const held: Selection = balancer.lease(a, exchange());
  note("full");
  settle(held);
  note("free again");
  set.update([{ peer: "b:1" }]);
  note("removed");
  assertEquals(results, [
    ["at first", true],
    ["draining", true],
    ["disabled", false],
    ["unhealthy", false],
    ["in a panic", true],
    ["vetoed", false],
    ["full", false],
    ["free again", true],
    ["removed", false],
  ]);
});

Deno.test("LoadBalancer.snapshot() is plain data", () => {
  const balancer = new LoadBalancer({ backends: ["a:1"] });
  const snapshot = balancer.snapshot();
  assertEquals(JSON.parse(JSON.stringify(snapshot)), snapshot);
  assertEquals(snapshot.tiers, [
    { priority: 0, isOwnZone: null, load: 1, isPanicking: false, candidates: ["a:1"] },
  ]);
});

Deno.test({
  name: "LoadBalancer and StickySession need no permission",
  permissions: "none",
  fn() {
    for (const method of BALANCING_METHODS) {
      const balancer = new LoadBalancer({ backends: three, method });
      using sticky = new StickySession(balancer, { secret: "a secret of 16 characters" });
      settle(sticky.select(exchange(), { tried: [] }));
      assertEquals(balancer.backends.backends.map(({ leases }) => leases), [0, 0, 0]);
    }
  },
});
