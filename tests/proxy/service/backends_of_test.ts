import { assertEquals, assertThrows } from "@std/assert";
import { peer, requestHead, ServerExchange } from "../../../core/mod.ts";
import { LoadBalancer } from "../../../loadbalancing/mod.ts";
import { backendsOf } from "../../../proxy/service/_backends_of.ts";
import { FakeClock } from "../../../timeout/mod.ts";

type Upstreams = Parameters<typeof backendsOf>[0];

/** Whom a balancer of these chooses, one after the other. */
function choose(upstreams: Upstreams, times: number, tried: readonly string[] = []): string[] {
  const balancer = new LoadBalancer({ backends: backendsOf(upstreams) });
  const client = { address: "", port: 0, transport: "memory", scheme: "http" } as const;
  const exchange = new ServerExchange(requestHead(), { client, clock: new FakeClock() });
  const peers = tried.map((address) => peer(address));
  return Array.from(
    { length: times },
    () => balancer.select(exchange, { tried: peers }).backend.id,
  );
}

Deno.test("backendsOf() gives peers that are taken one after the other", () => {
  assertEquals(choose(["a:1", "http://b:2", peer("unix:/c")], 4), ["a:1", "b:2", "unix:/c", "a:1"]);
});

Deno.test("backendsOf() gives peers of which those that were tried are passed over", () => {
  assertEquals(choose(["a:1", "b:2", "c:3"], 1, ["a:1", "b:2"]), ["c:3"]);
  assertEquals(choose(["a:1", "b:2", "c:3"], 2, ["b:2"]), ["a:1", "c:3"]);
  assertEquals(choose(["a:1", "b:2"], 2, ["a:1", "b:2"]), ["a:1", "b:2"]);
  assertEquals(choose(["a:1"], 1, ["a:1"]), ["a:1"]);
});

Deno.test("backendsOf() gives a peer that stands twice twice as much", () => {
  const chosen = choose(["a:1", "a:1", "b:2"], 6);
  assertEquals(chosen.filter((id) => id === "a:1").length, 4);
  assertEquals(choose(["a:1", "a:1", "b:2"], 1, ["a:1"]), ["b:2"]);
});

Deno.test("backendsOf() takes backends as they are", () => {
  const backend = { peer: "a:1", id: "first", weight: 3, priority: 1, maxConnections: 7 };
  assertEquals(backendsOf([backend, "b:2"])[0], backend);
});

Deno.test("backendsOf() refuses an empty list and an address without a port", () => {
  assertThrows(() => backendsOf([]), TypeError, "upstreams is empty");
  assertThrows(() => backendsOf(["localhost"]), TypeError, "port");
});
