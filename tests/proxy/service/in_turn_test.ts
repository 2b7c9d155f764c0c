import { assertEquals, assertThrows } from "@std/assert";
import { type Peer, peer, peerAddress, requestHead, ServerExchange } from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { inTurn } from "../../../proxy/service/_in_turn.ts";

/** Asks once and gives the address that was chosen. */
async function choose(upstream: ReturnType<typeof inTurn>, tried: Peer[] = []): Promise<string> {
  const client = { address: "", port: 0, transport: "memory", scheme: "http" } as const;
  const exchange = new ServerExchange(requestHead(), { client, clock: new FakeClock() });
  return peerAddress((await upstream.select(exchange, { tried })).peer);
}

Deno.test("inTurn() takes the peers one after the other", async () => {
  const upstream = inTurn(["a:1", "http://b:2", "unix:/c"]);
  const chosen = [];
  for (let i = 0; i < 4; i++) chosen.push(await choose(upstream));
  assertEquals(chosen, ["a:1", "b:2", "unix:/c", "a:1"]);
});

Deno.test("inTurn() passes over a peer that was tried before", async () => {
  const upstream = inTurn(["a:1", "b:2", "c:3"]);
  assertEquals(await choose(upstream, [peer("a:1"), peer("b:2")]), "c:3");
  assertEquals(await choose(upstream, [peer("b:2")]), "a:1");
});

Deno.test("inTurn() goes on in turn when all were tried", async () => {
  const upstream = inTurn(["a:1", "b:2"]);
  const tried = [peer("a:1"), peer("b:2")];
  assertEquals([await choose(upstream, tried), await choose(upstream, tried)], ["a:1", "b:2"]);
});

Deno.test("inTurn() takes the only peer again when it was tried", async () => {
  assertEquals(await choose(inTurn(["a:1"]), [peer("a:1")]), "a:1");
});

Deno.test("inTurn() gives a peer that stands twice twice as much", async () => {
  const upstream = inTurn(["a:1", "a:1", "b:2"]);
  const chosen = [];
  for (let i = 0; i < 6; i++) chosen.push(await choose(upstream));
  assertEquals(chosen.filter((address) => address === "a:1").length, 4);
  assertEquals(await choose(upstream, [peer("a:1")]), "b:2");
});

Deno.test("inTurn() refuses an empty list and an address without a port", () => {
  assertThrows(() => inTurn([]), TypeError, "upstreams is empty");
  assertThrows(() => inTurn(["localhost"]), TypeError, "port");
});
