import { assertEquals, assertThrows } from "@std/assert";
import { peer } from "@pingo/pingo/core";
import { Backend, type BackendOptions } from "@pingo/pingo/loadbalancing";

const at = "10.0.0.1:80";

const bad: { name: string; options: BackendOptions; error: ErrorConstructor; says: string }[] = [
  { name: "a peer without a port", options: { peer: "host" }, error: TypeError, says: "port" },
  { name: "an empty id", options: { peer: at, id: "" }, error: TypeError, says: "id" },
  {
    name: "a negative weight",
    options: { peer: at, weight: -1 },
    error: RangeError,
    says: "weight",
  },
  {
    name: "a broken weight",
    options: { peer: at, weight: 1.5 },
    error: RangeError,
    says: "weight",
  },
  {
    name: "a huge weight",
    options: { peer: at, weight: 65_536 },
    error: RangeError,
    says: "weight",
  },
  {
    name: "a huge priority",
    options: { peer: at, priority: 128 },
    error: RangeError,
    says: "prio",
  },
  {
    name: "a limit of 0",
    options: { peer: at, maxConnections: 0 },
    error: RangeError,
    says: "maxConnections",
  },
];
for (const { name, options, error, says } of bad) {
  Deno.test(`Backend() refuses ${name}`, () => {
    assertThrows(() => new Backend(options), error, says);
  });
}

// As a discovery of one's own may bring them.
const alien: [options: string, says: string][] = [
  ["null", "its peer is none"],
  ["{}", "its peer is none"],
  ['{"peer":{"port":80}}', "its peer is none"],
  ['{"peer":{"hostname":"","port":80,"transport":"tcp","scheme":"http"}}', "its peer is none"],
  ['{"peer":{"hostname":"a","port":0,"transport":"tcp","scheme":"http"}}', "port 0"],
  ['{"peer":{"hostname":"a","port":65536,"transport":"tcp","scheme":"http"}}', "port 65536"],
  ['{"peer":{"hostname":"a","port":"80","transport":"tcp","scheme":"http"}}', "no way to it"],
  ['{"peer":{"hostname":"a","port":80,"scheme":"http"}}', "undefined, port 80"],
  ['{"peer":{"hostname":"a","port":80,"transport":"tcp","scheme":"ftp"}}', "ftp"],
  ['{"peer":"a:80","id":7}', "its id is no text"],
  ['{"peer":"a:80","zone":["west"]}', "its zone is no text"],
];
for (const [options, says] of alien) {
  Deno.test(`Backend() refuses ${options}`, () => {
    assertThrows(() => new Backend(JSON.parse(options)), TypeError, says);
  });
}

Deno.test("Backend() takes options and defaults", () => {
  const plain = new Backend({ peer: peer("https://[::1]:8443") });
  assertEquals(
    [plain.id, plain.weight, plain.priority, plain.zone, plain.maxConnections],
    ["[::1]:8443", 1, 0, "", Infinity],
  );
  const full = new Backend({
    peer: at,
    id: "a",
    weight: 65_535,
    priority: 127,
    zone: "z",
    maxConnections: 1,
  });
  assertEquals(
    [full.id, full.weight, full.priority, full.zone, full.maxConnections],
    ["a", 65_535, 127, "z", 1],
  );
});

const changes: { name: string; run: (b: Backend) => void; told: string[]; isAvailable: boolean }[] =
  [
    { name: "drain()", run: (b) => b.drain(), told: ["state"], isAvailable: false },
    { name: "disable()", run: (b) => b.disable(), told: ["state"], isAvailable: false },
    { name: "enable()", run: (b) => b.enable(), told: [], isAvailable: true },
    {
      name: "disable() and enable()",
      run: (b) => (b.disable(), b.enable()),
      told: ["state", "state"],
      isAvailable: true,
    },
    {
      name: "markHealthy(false) twice",
      run: (b) => (b.markHealthy(false), b.markHealthy(false)),
      told: ["health"],
      isAvailable: false,
    },
    { name: "eject()", run: (b) => b.eject(), told: ["ejection"], isAvailable: false },
    {
      name: "eject() and restore()",
      run: (b) => (b.eject(), b.restore()),
      told: ["ejection", "ejection"],
      isAvailable: true,
    },
    {
      name: "markHealthy(true) while ejected",
      run: (b) => (b.markHealthy(false), b.eject(), b.markHealthy(true)),
      told: ["health", "ejection", "health"],
      isAvailable: false,
    },
    {
      name: "reconfigure() to weight 0",
      run: (b) => void b.reconfigure({ peer: at, weight: 0 }),
      told: ["options"],
      isAvailable: false,
    },
    {
      name: "reconfigure() to the same",
      run: (b) => void b.reconfigure({ peer: peer(at), weight: 1 }),
      told: [],
      isAvailable: true,
    },
  ];
for (const { name, run, told, isAvailable } of changes) {
  Deno.test(`Backend tells ${told.join(", ") || "nothing"} on ${name}`, () => {
    const backend = new Backend({ peer: at });
    const heard: string[] = [];
    const stop = backend.onChange((which, change) => {
      assertEquals(which, backend);
      heard.push(change);
    });
    run(backend);
    assertEquals(heard, told);
    assertEquals(backend.isAvailable, isAvailable);
    stop();
    backend.drain();
    backend.enable();
    assertEquals(heard, told);
  });
}

Deno.test("Backend.reconfigure() refuses another id and bad numbers and changes nothing then", () => {
  const backend = new Backend({ peer: at, weight: 2 });
  assertThrows(() => backend.reconfigure({ peer: "10.0.0.2:80" }), TypeError, "10.0.0.2:80");
  assertThrows(() => backend.reconfigure({ peer: at, weight: -2 }), RangeError, "weight");
  assertEquals(backend.weight, 2);
});

Deno.test("Backend counts leases and results", () => {
  const backend = new Backend({ peer: at, maxConnections: 2 });
  for (let i = 0; i < 3; i++) backend.acquire();
  assertEquals([backend.leases, backend.isFull], [3, true]);
  backend.release("succeeded", 80);
  backend.release("failed");
  assertEquals([backend.leases, backend.isFull], [1, false]);
  backend.release("aborted");
  assertThrows(() => backend.release("failed"), RangeError, "no lease");
  assertEquals(backend.statistics, {
    selected: 3,
    succeeded: 1,
    failed: 1,
    aborted: 1,
    latencyMs: 80,
  });
});

Deno.test("Backend smooths the latency by an eighth", () => {
  const backend = new Backend({ peer: at });
  for (const latencyMs of [80, 160]) {
    backend.acquire();
    backend.release("succeeded", latencyMs);
  }
  assertEquals(backend.statistics.latencyMs, 90);
});

Deno.test("Backend.isReachable stays true while it drains, and only then", () => {
  const backend = new Backend({ peer: at });
  backend.drain();
  assertEquals(backend.isReachable, true);
  backend.eject();
  assertEquals(backend.isReachable, false);
  backend.restore();
  backend.disable();
  assertEquals(backend.isReachable, false);
});

Deno.test("Backend.snapshot() is plain data", () => {
  const backend = new Backend({ peer: at, zone: "a" });
  backend.acquire();
  backend.drain();
  const snapshot = JSON.parse(JSON.stringify(backend.snapshot()));
  assertEquals(snapshot, {
    id: at,
    address: at,
    weight: 1,
    priority: 0,
    zone: "a",
    maxConnections: null,
    state: "draining",
    isHealthy: true,
    isEjected: false,
    isAvailable: false,
    leases: 1,
    statistics: { selected: 1, succeeded: 0, failed: 0, aborted: 0, latencyMs: null },
  });
});
