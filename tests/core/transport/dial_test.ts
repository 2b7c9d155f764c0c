import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { interleave } from "../../../core/transport/dial/_interleave.ts";
import { race } from "../../../core/transport/dial/_race.ts";
import {
  AddressCache,
  CancelSource,
  type Dialled,
  type Peer,
  peer,
  systemDial,
  systemResolver,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { rawServer } from "../../support/raw.ts";
import { settle } from "./_fake_upstream.ts";
import { kindOf } from "./_http1_tools.ts";

const never = new CancelSource();

// The order of addresses (RFC 8305 §4).

Deno.test("interleave() lets the families take turns, IPv6 first", () => {
  const addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"];
  assertEquals(interleave(addresses, 0), [
    "2001:db8::1",
    "192.0.2.1",
    "2001:db8::2",
    "192.0.2.2",
    "192.0.2.3",
  ]);
});

Deno.test("interleave() begins with another address each turn", () => {
  const addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
  assertEquals([0, 1, 2, 3].map((turn) => interleave(addresses, turn)[0]), [
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.3",
    "192.0.2.1",
  ]);
});

Deno.test("interleave() loses none and adds none", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(fc.property(fc.array(address, { maxLength: 8 }), fc.nat(), (addresses, turn) => {
    assertEquals(interleave(addresses, turn).toSorted(), addresses.toSorted());
  }));
});

// The race (RFC 8305 §5).

interface Attempt {
  address: string;
  at: number;
  signal: AbortSignal;
  settle: PromiseWithResolvers<string>;
}

function racing(addresses: string[], cancel = new CancelSource()) {
  const clock = new FakeClock();
  const attempts: Attempt[] = [];
  const closed: string[] = [];
  const winner = race(addresses, {
    connect(address, signal) {
      const settle = Promise.withResolvers<string>();
      attempts.push({ address, at: clock.now(), signal, settle });
      return settle.promise;
    },
    close: (conn) => closed.push(conn),
    cancel,
    clock,
    delayMs: 250,
  });
  winner.catch(() => {});
  return { clock, attempts, closed, winner, cancel };
}

Deno.test("race() begins an attempt each 250 ms until one succeeds", async () => {
  const { clock, attempts, winner } = racing(["a", "b", "c", "d"]);
  clock.advance(500);
  assertEquals(attempts.map(({ address, at }) => [address, at]), [["a", 0], ["b", 250], [
    "c",
    500,
  ]]);
  attempts[1].settle.resolve("b won");
  assertEquals(await winner, "b won");
  assertEquals([attempts.length, clock.timerCount], [3, 0]);
});

Deno.test("race() begins the next attempt at once when one fails", async () => {
  const { clock, attempts, winner } = racing(["a", "b", "c"]);
  clock.advance(100);
  attempts[0].settle.reject(new Error("a"));
  await settle();
  clock.advance(249);
  assertEquals(attempts.map(({ at }) => at), [0, 100]);
  clock.advance(1);
  assertEquals(attempts.map(({ at }) => at), [0, 100, 350]);
  attempts[2].settle.resolve("c won");
  assertEquals([await winner, clock.timerCount], ["c won", 0]);
});

Deno.test("race() gives the losers up, and closes those that come after all", async () => {
  const { clock, attempts, closed, winner } = racing(["a", "b"]);
  clock.advance(250);
  attempts[1].settle.resolve("b won");
  assertEquals([await winner, attempts[0].signal.aborted], ["b won", true]);
  attempts[0].settle.resolve("a");
  await settle();
  assertEquals(closed, ["a"]);
});

Deno.test("race() rejects with all failures when nobody answers", async () => {
  const { attempts, winner, clock } = racing(["a", "b"]);
  attempts[0].settle.reject("no a");
  await settle();
  attempts[1].settle.reject("no b");
  const error = await assertRejects(() => winner, AggregateError);
  assertEquals([error.errors, clock.timerCount], [["no a", "no b"], 0]);
});

Deno.test("race() rejects when there is no address", async () => {
  await assertRejects(() => racing([]).winner, AggregateError);
});

Deno.test("race() ends when it is cancelled, before and meanwhile", async () => {
  const cancel = new CancelSource();
  const { clock, attempts, closed, winner } = racing(["a", "b"], cancel);
  cancel.cancel(new ProxyError("client_gone"));
  assertEquals([await kindOf(winner), clock.timerCount], ["client_gone", 0]);
  attempts[0].settle.resolve("late");
  await settle();
  assertEquals([closed, attempts[0].signal.aborted], [["late"], true]);
  const late = racing(["a"], cancel);
  assertEquals([await kindOf(late.winner), late.attempts.length], ["client_gone", 0]);
});

// The dial.

function cacheOf(lookup: (name: string) => Promise<string[]>): AddressCache {
  return new AddressCache({ resolver: { lookup, ttlMs: () => Promise.resolve(null) } });
}

async function dialled(opening: Promise<Dialled>): Promise<string> {
  const { conn, remote } = await opening;
  conn.close();
  return remote;
}

Deno.test("systemDial() tries the addresses of a name in turn", async () => {
  await using upstream = rawServer((connection) => connection.readToEnd().then(() => {}));
  const tried: string[] = [];
  const dial = systemDial({
    addresses: cacheOf(() => Promise.resolve(["::1", "127.0.0.1", "127.0.0.2"])),
    connect(hostname, port, signal) {
      tried.push(hostname);
      // Nothing listens at the others.
      return Deno.connect({ hostname, port, signal });
    },
  });
  const to = peer(`app.example:${upstream.port}`);
  assertEquals(await dialled(dial(to, { cancel: never })), upstream.address);
  assertEquals(tried.slice(0, 2), ["::1", "127.0.0.1"]);
  assertEquals(await dialled(dial(to, { cancel: never })), upstream.address);
});

Deno.test("systemDial() connects to localhost by name", async () => {
  await using upstream = rawServer((connection) => connection.readToEnd().then(() => {}));
  const opening = systemDial()(peer(`localhost:${upstream.port}`), { cancel: never });
  assertEquals(await dialled(opening), upstream.address);
});

Deno.test("systemDial() tells how long it took", async () => {
  await using upstream = rawServer((connection) => connection.readToEnd().then(() => {}));
  const { conn, dnsMs, connectMs, tlsMs } = await systemDial()(peer(upstream.address), {
    cancel: never,
  });
  conn.close();
  assert(dnsMs >= 0 && connectMs > 0 && tlsMs === 0);
});

const failing: {
  name: string;
  kind: string;
  lookup?: () => Promise<string[]>;
  errors?: Error[];
}[] = [
  { name: "a name without addresses", kind: "dns_failed", lookup: () => Promise.resolve([]) },
  {
    name: "a name that cannot be resolved",
    kind: "dns_failed",
    lookup: () => Promise.reject(new Error("x")),
  },
  { name: "a refusal", kind: "connect_refused", errors: [new Deno.errors.ConnectionRefused()] },
  {
    name: "an unreachable network",
    kind: "connect_failed",
    errors: [new Deno.errors.NetworkUnreachable()],
  },
  { name: "a system that gives up", kind: "connect_timeout", errors: [new Deno.errors.TimedOut()] },
  { name: "anything else", kind: "connect_failed", errors: [new Error("no port is free")] },
  {
    name: "a refusal among others",
    kind: "connect_refused",
    errors: [
      new Deno.errors.NetworkUnreachable(),
      new Deno.errors.ConnectionRefused(),
      new Error("x"),
    ],
  },
];

for (const { name, kind, lookup, errors = [] } of failing) {
  Deno.test(`systemDial() tells of ${name}: ${kind}`, async () => {
    const left = [...errors];
    const dial = systemDial({
      addresses: cacheOf(lookup ?? (() => Promise.resolve(errors.map((_, i) => `192.0.2.${i}`)))),
      connect: () => Promise.reject(left.shift()),
    });
    assertEquals(await kindOf(dial(peer("app.example:80"), { cancel: never })), kind);
  });
}

Deno.test("systemDial() tells of a unix socket that is not there: connect_failed", async () => {
  const to: Peer = { hostname: "/nowhere/app.sock", port: 0, transport: "unix", scheme: "http" };
  assertEquals(await kindOf(systemDial()(to, { cancel: never })), "connect_failed");
});

Deno.test("systemDial() takes no longer than it may, names included: connect_timeout", async () => {
  for (const isStuckAt of ["name", "address"]) {
    const clock = new FakeClock();
    let signal: AbortSignal | null = null;
    const stuck = new Promise<never>(() => {});
    const dial = systemDial({
      clock,
      addresses: cacheOf(() => isStuckAt === "name" ? stuck : Promise.resolve(["192.0.2.1"])),
      connect: (_address, _port, given) => {
        signal = given;
        return stuck;
      },
    });
    const kind = kindOf(dial(peer("app.example:80"), { cancel: never, timeoutMs: 3_000 }));
    await settle();
    clock.advance(3_000);
    assertEquals(await kind, "connect_timeout");
    if (isStuckAt === "address") assertEquals((signal as AbortSignal | null)?.aborted, true);
  }
});

Deno.test("systemDial() ends when it is cancelled, before and meanwhile", async () => {
  const cancel = new CancelSource();
  const dial = systemDial({ connect: () => new Promise(() => {}) });
  const kind = kindOf(dial(peer("192.0.2.1:80"), { cancel }));
  await settle();
  cancel.cancel(new ProxyError("client_gone"));
  assertEquals(await kind, "client_gone");
  assertEquals(await kindOf(dial(peer("192.0.2.1:80"), { cancel })), "client_gone");
});

Deno.test("systemDial() connects by name where only the name is permitted", async () => {
  const tried: string[] = [];
  const forbidden = new Deno.errors.NotCapable("--allow-net");
  const connect = (hostname: string) => {
    tried.push(hostname);
    return Promise.reject(
      hostname === "app.example" ? new Deno.errors.ConnectionRefused() : forbidden,
    );
  };
  const noAddress = Object.assign(new Error("getaddrinfo EPERM app.example"), { code: "EPERM" });
  for (const lookup of [() => Promise.resolve(["192.0.2.1"]), () => Promise.reject(noAddress)]) {
    const dial = systemDial({ addresses: cacheOf(lookup), connect });
    assertEquals(await kindOf(dial(peer("app.example:80"), { cancel: never })), "connect_refused");
  }
  assertEquals(tried, ["192.0.2.1", "app.example", "app.example"]);
});

Deno.test("systemDial() refuses a delay that is none", () => {
  assertThrows(() => systemDial({ attemptDelayMs: 0 }), RangeError);
});

Deno.test("systemResolver() knows localhost without asking DNS", async () => {
  const resolver = systemResolver({ servers: ["127.0.0.1:1"] });
  assertEquals(await resolver.ttlMs("localhost"), null);
  assertEquals(await resolver.ttlMs("app.localhost"), null);
  assert(
    (await resolver.lookup("localhost")).some((address) =>
      address === "127.0.0.1" || address === "::1"
    ),
  );
});
