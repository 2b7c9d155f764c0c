import { assertEquals, assertThrows } from "@std/assert";
import { ProxyError } from "../../../errors/mod.ts";
import {
  dnsDiscovery,
  type NameDiscoveryOptions,
  type NameLookup,
  type ServiceRecord,
  srvDiscovery,
  systemNameLookup,
} from "../../../loadbalancing/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { Recorder } from "./_recorder.ts";

/** A name service whose records are set by hand: `"ipv4 name"` to addresses; an error is what it fails with. */
class FakeNames implements NameLookup {
  readonly records = new Map<string, readonly string[] | Error>();
  services_: readonly ServiceRecord[] | Error = [];
  ttlMs = 10_000;
  lookups: string[] = [];

  addresses(name: string, family: string) {
    const key = `${family} ${name}`;
    this.lookups.push(key);
    const found = this.records.get(key) ?? [];
    if (found instanceof Error) return Promise.reject(found);
    return Promise.resolve(found.map((address) => ({ address, ttlMs: this.ttlMs })));
  }

  services() {
    if (this.services_ instanceof Error) return Promise.reject(this.services_);
    return Promise.resolve(this.services_);
  }
}

function world(options: NameDiscoveryOptions = {}, isService = false) {
  const clock = new FakeClock();
  const names = new FakeNames();
  const all = { lookup: names, clock, ...options };
  const discovery = isService
    ? srvDiscovery("_http._tcp.app.test", all)
    : dnsDiscovery("app.test", 80, all);
  return { clock, names, recorder: new Recorder(discovery) };
}

const dead = new ProxyError("dns_failed", "Cannot look up the name: ETIMEOUT");

Deno.test("dnsDiscovery() has a backend for each A and AAAA record", async () => {
  const { clock, names, recorder } = world({ zone: "b" });
  await using _ = recorder;
  names.records.set("ipv4 app.test", ["10.0.0.2", "10.0.0.1"]);
  names.records.set("ipv6 app.test", ["2001:db8::1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  assertEquals(recorder.ids, ["10.0.0.1:80", "10.0.0.2:80", "[2001:db8::1]:80"]);
  assertEquals(recorder.set.backends[0].zone, "b");
});

Deno.test("dnsDiscovery() asks for the families that it is told to", async () => {
  const { clock, names, recorder } = world({ families: ["ipv6"] });
  await using _ = recorder;
  recorder.feed.start();
  await clock.advanceAsync(0);
  assertEquals(names.lookups, ["ipv6 app.test"]);
});

const ttls: [name: string, ttlMs: number, options: NameDiscoveryOptions, lookups: number][] = [
  ["the time to live", 10_000, {}, 6],
  ["no less than minTtlMs", 0, {}, 60],
  ["no less than another minTtlMs", 0, { minTtlMs: 20_000 }, 3],
  ["no more than maxTtlMs", 86_400_000, {}, 1],
  ["no more than another maxTtlMs", 86_400_000, { maxTtlMs: 30_000 }, 2],
];
for (const [name, ttlMs, options, lookups] of ttls) {
  Deno.test(`dnsDiscovery() asks again after ${name}`, async () => {
    const { clock, names, recorder } = world({ families: ["ipv4"], ...options });
    await using _ = recorder;
    names.ttlMs = ttlMs;
    names.records.set("ipv4 app.test", ["10.0.0.1"]);
    recorder.feed.start();
    await clock.advanceAsync(59_999);
    assertEquals(names.lookups.length, lookups);
  });
}

Deno.test("dnsDiscovery() follows changes, and takes another order for none", async () => {
  const { clock, names, recorder } = world({ families: ["ipv4"] });
  await using _ = recorder;
  names.records.set("ipv4 app.test", ["10.0.0.1", "10.0.0.2"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.records.set("ipv4 app.test", ["10.0.0.2", "10.0.0.1", "10.0.0.1"]);
  await clock.advanceAsync(10_000);
  assertEquals(recorder.results(), { changed: 1, unchanged: 1 });
  names.records.set("ipv4 app.test", ["10.0.0.3"]);
  await clock.advanceAsync(10_000);
  assertEquals(recorder.ids, ["10.0.0.3:80"]);
});

Deno.test("dnsDiscovery() keeps what it has while nobody answers, and asks again after retryMs", async () => {
  const { clock, names, recorder } = world({ families: ["ipv4"], retryMs: 3_000 });
  await using _ = recorder;
  names.records.set("ipv4 app.test", ["10.0.0.1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.records.set("ipv4 app.test", dead);
  await clock.advanceAsync(10_000);
  assertEquals(
    recorder.lines.at(-1),
    `warn discovery failed, the last good backends stay ${dead.message}`,
  );
  await clock.advanceAsync(6_000);
  assertEquals([names.lookups.length, recorder.ids.length], [4, 1]);
  assertEquals(recorder.gauge("stale"), 1);
  names.records.set("ipv4 app.test", ["10.0.0.2"]);
  await clock.advanceAsync(3_000);
  assertEquals(recorder.ids, ["10.0.0.2:80"]);
  assertEquals(recorder.lines.at(-1), "info discovery works again");
});

Deno.test("dnsDiscovery() keeps the family that nobody answers for beside the new one", async () => {
  const { clock, names, recorder } = world();
  await using _ = recorder;
  names.records.set("ipv4 app.test", ["10.0.0.1"]);
  names.records.set("ipv6 app.test", ["2001:db8::1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.records.set("ipv4 app.test", ["10.0.0.2"]);
  names.records.set("ipv6 app.test", dead);
  await clock.advanceAsync(10_000);
  assertEquals(recorder.ids, ["10.0.0.2:80", "[2001:db8::1]:80"]);
  assertEquals(recorder.gauge("stale"), 1);
});

Deno.test("dnsDiscovery() keeps what it has at an empty answer", async () => {
  const { clock, names, recorder } = world();
  await using _ = recorder;
  names.records.set("ipv4 app.test", ["10.0.0.1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.records.clear();
  await clock.advanceAsync(10_000);
  assertEquals(recorder.ids, ["10.0.0.1:80"]);
  assertEquals(recorder.results().empty, 1);
});

Deno.test("dnsDiscovery() and srvDiscovery() speak TLS with the name that was looked up", async () => {
  const caCerts = ["PEM"];
  for (const [isService, serverName] of [[false, "app.test"], [true, "a.test"]] as const) {
    const { clock, names, recorder } = world({ scheme: "https", tls: { caCerts } }, isService);
    await using _ = recorder;
    names.services_ = [{ target: "a.test", port: 443, priority: 0, weight: 1 }];
    names.records.set(`ipv4 ${serverName}`, ["10.0.0.1"]);
    recorder.feed.start();
    await clock.advanceAsync(0);
    const [{ peer }] = recorder.set.backends;
    assertEquals([peer.scheme, peer.tls], ["https", { serverName, caCerts }]);
  }
  const { clock, names, recorder } = world({ scheme: "https", tls: { serverName: "own.test" } });
  await using _ = recorder;
  names.records.set("ipv4 app.test", ["10.0.0.1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  assertEquals(recorder.set.backends[0].peer.tls, { serverName: "own.test" });
});

const summary = (recorder: Recorder) =>
  recorder.set.backends.map(({ id, priority, weight }) => `${id} ${priority} ${weight}`);

Deno.test("srvDiscovery() maps priorities to tiers and keeps weights", async () => {
  const { clock, names, recorder } = world({ families: ["ipv4"] }, true);
  await using _ = recorder;
  names.services_ = [
    { target: "c.test", port: 81, priority: 30, weight: 7 },
    { target: "c.test", port: 0, priority: 20, weight: 7 },
    { target: "b.test", port: 80, priority: 10, weight: 0 },
    { target: "a.test", port: 80, priority: 10, weight: 60 },
    { target: "a.test", port: 80, priority: 30, weight: 9 },
  ];
  names.records.set("ipv4 a.test", ["10.0.0.2", "10.0.0.1"]);
  names.records.set("ipv4 b.test", ["10.0.0.3"]);
  names.records.set("ipv4 c.test", ["10.0.0.1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  assertEquals(summary(recorder), [
    "10.0.0.1:80 0 60",
    "10.0.0.2:80 0 60",
    "10.0.0.3:80 0 1",
    "10.0.0.1:81 1 7",
  ]);
  names.services_ = names.services_.toReversed();
  await clock.advanceAsync(10_000);
  assertEquals(recorder.results(), { changed: 1, unchanged: 1 });
});

Deno.test("srvDiscovery() keeps what it has while SRV, or a target, gets no answer", async () => {
  const { clock, names, recorder } = world({ families: ["ipv4"], retryMs: 1_000 }, true);
  await using _ = recorder;
  const a = { target: "a.test", port: 80, priority: 0, weight: 1 };
  const b = { ...a, target: "b.test" };
  names.services_ = [a, b];
  names.records.set("ipv4 a.test", ["10.0.0.1"]);
  names.records.set("ipv4 b.test", ["10.0.0.2"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.records.set("ipv4 b.test", dead);
  names.records.set("ipv4 a.test", ["10.0.0.9"]);
  await clock.advanceAsync(10_000);
  assertEquals(recorder.ids, ["10.0.0.9:80", "10.0.0.2:80"]);
  assertEquals(recorder.gauge("stale"), 1);
  names.services_ = dead;
  await clock.advanceAsync(1_000);
  assertEquals(recorder.ids.length, 2);
  names.services_ = [b];
  names.records.set("ipv4 b.test", ["10.0.0.2"]);
  await clock.advanceAsync(1_000);
  assertEquals([recorder.ids, recorder.gauge("stale")], [["10.0.0.2:80"], 0]);
});

Deno.test("srvDiscovery() keeps the addresses of a target that has none any more, and says so", async () => {
  const { clock, names, recorder } = world({ retryMs: 1_000 }, true);
  await using _ = recorder;
  const a = { target: "a.test", port: 80, priority: 0, weight: 1 };
  const b = { ...a, target: "b.test" };
  names.services_ = [a, b];
  names.records.set("ipv4 a.test", ["10.0.0.1"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  assertEquals(recorder.ids, ["10.0.0.1:80"]);
  assertEquals(recorder.feed.snapshot().problem, "Cannot find an address of b.test");
  names.records.set("ipv4 b.test", ["10.0.0.2"]);
  await clock.advanceAsync(1_000);
  assertEquals([recorder.ids.length, recorder.gauge("stale")], [2, 0]);
  // What a resolver that reports a failure looks like.
  names.records.delete("ipv4 b.test");
  await clock.advanceAsync(10_000);
  assertEquals([recorder.ids.length, recorder.gauge("stale")], [2, 1]);
  names.services_ = [a];
  await clock.advanceAsync(1_000);
  assertEquals([recorder.ids, recorder.gauge("stale")], [["10.0.0.1:80"], 0]);
});

Deno.test("srvDiscovery() forgets the addresses of a target that it has not met any more", async () => {
  const { clock, names, recorder } = world({ families: ["ipv4"] }, true);
  await using _ = recorder;
  const [a, b] = ["a.test", "b.test"].map((target) => ({
    target,
    port: 80,
    priority: 0,
    weight: 1,
  }));
  names.services_ = [a, b];
  names.records.set("ipv4 a.test", ["10.0.0.1"]);
  names.records.set("ipv4 b.test", ["10.0.0.2"]);
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.services_ = [b];
  await clock.advanceAsync(10_000);
  names.services_ = [a, b];
  names.records.set("ipv4 a.test", dead);
  await clock.advanceAsync(10_000);
  assertEquals(recorder.ids, ["10.0.0.2:80"]);
});

Deno.test("srvDiscovery() takes the target . and no records for an empty answer", async () => {
  const { clock, names, recorder } = world({}, true);
  await using _ = recorder;
  names.services_ = [{ target: "", port: 0, priority: 0, weight: 0 }];
  recorder.feed.start();
  await clock.advanceAsync(0);
  names.services_ = [];
  await clock.advanceAsync(2_000);
  assertEquals(recorder.results(), { empty: 2 });
  assertEquals(recorder.lines, [
    "warn discovery failed, it has found nothing yet the list is empty",
  ]);
});

Deno.test("dnsDiscovery() ends at once when it is stopped", async () => {
  const { clock, recorder } = world();
  recorder.feed.start();
  await clock.advanceAsync(0);
  await recorder.feed.stop();
  assertEquals(clock.timerCount, 0);
});

Deno.test("dnsDiscovery(), srvDiscovery() and systemNameLookup() refuse options that make no sense", () => {
  const bad: [NameDiscoveryOptions, string][] = [
    [{ minTtlMs: 0 }, "minTtlMs"],
    [{ maxTtlMs: Infinity }, "maxTtlMs"],
    [{ retryMs: NaN }, "retryMs"],
    [{ minTtlMs: 5, maxTtlMs: 4 }, "above maxTtlMs"],
    [{ families: [] }, "families is empty"],
  ];
  for (const [options, text] of bad) {
    assertThrows(() => srvDiscovery("a.test", options), RangeError, text);
    assertThrows(() => dnsDiscovery("a.test", 80, options), RangeError, text);
  }
  for (const make of [srvDiscovery, (name: string) => dnsDiscovery(name, 80)]) {
    assertThrows(() => make(""), TypeError, "the name is empty");
  }
  const families = ["ip4" as "ipv4"];
  assertThrows(() => srvDiscovery("a.test", { families }), TypeError, '"ip4" is unknown');
  assertThrows(() => dnsDiscovery("a.test", 0), RangeError, "port 0");
  assertThrows(() => systemNameLookup({ tries: 0 }), RangeError, "tries");
  assertThrows(() => systemNameLookup({ timeoutMs: 1.5 }), RangeError, "timeoutMs");
  assertThrows(() => systemNameLookup({ servers: ["nonsense"] }), TypeError);
});
