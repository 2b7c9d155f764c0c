import { assertEquals } from "@std/assert";
import {
  bodyFrom,
  http1Transport,
  type Http1TransportOptions,
  type Peer,
} from "../../../core/mod.ts";
import { FakeClock, TimerWheel } from "../../../timeout/mod.ts";
import { rawServer } from "../../support/raw.ts";
import { FakeUpstream, settle } from "./_fake_upstream.ts";
import { kindOf, send, textOf } from "./_http1_tools.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const PEER: Peer = { hostname: "app.example", port: 80, transport: "tcp", scheme: "http" };

function fake(options: Http1TransportOptions = {}) {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock });
  const upstream = new FakeUpstream();
  const transport = http1Transport({ dial: upstream.dial, wheel, ...options });
  return {
    clock,
    transport,
    get conn() {
      return upstream.conns[0];
    },
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      assertEquals([transport.statistics().open, upstream.open.length, wheel.armedCount], [
        0,
        0,
        0,
      ]);
    },
  };
}

Deno.test("http1Transport waits for a head as long as it may: upstream_timeout", async () => {
  await using tools = fake();
  const kind = kindOf(send(tools.transport, PEER, { options: { headTimeoutMs: 10_000 } }));
  await settle();
  tools.clock.advance(9_900);
  assertEquals(tools.transport.statistics().open, 1);
  tools.clock.advance(1_600);
  assertEquals(await kind, "upstream_timeout");
});

Deno.test("http1Transport waits for the head from the end of the upload on", async () => {
  await using tools = fake();
  const pieces = Array.from({ length: 5 }, () => Promise.withResolvers<Uint8Array>());
  const body = bodyFrom((async function* () {
    for (const piece of pieces) yield await piece.promise;
  })());
  const options = { headTimeoutMs: 10_000 };
  const reply = send(tools.transport, PEER, { method: "PUT", body, options });
  for (const piece of pieces) {
    await settle();
    tools.clock.advance(8_000);
    piece.resolve(new Uint8Array(10));
  }
  await settle();
  tools.clock.advance(8_000);
  tools.conn.receive(OK);
  assertEquals(await textOf(await reply), "ok");
});

Deno.test("http1Transport does not count interim responses as a head", async () => {
  await using tools = fake();
  const kind = kindOf(send(tools.transport, PEER, { options: { headTimeoutMs: 10_000 } }));
  for (let i = 0; i < 3; i++) {
    await settle();
    tools.clock.advance(4_000);
    tools.conn.receive("HTTP/1.1 102 Processing\r\n\r\n");
  }
  assertEquals(await kind, "upstream_timeout");
});

Deno.test("http1Transport bounds each read of content, and none that nobody makes", async () => {
  await using tools = fake();
  const options = { bodyTimeoutMs: 10_000 };
  const answer = send(tools.transport, PEER, { options });
  await settle();
  tools.conn.receive("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  const { body } = await answer;
  await body?.read();
  // The reader takes its time.
  tools.clock.advance(600_000);
  tools.conn.receive("def");
  assertEquals((await body?.read())?.byteLength, 3);
  const kind = kindOf(Promise.resolve(body?.read()));
  await settle();
  tools.clock.advance(11_500);
  assertEquals(await kind, "upstream_body_timeout");
  assertEquals(await kindOf(Promise.resolve(body?.read())), "upstream_body_timeout");
});

Deno.test("http1Transport has no timer where nothing is limited", async () => {
  await using tools = fake({ writeTimeoutMs: Infinity, idleTimeoutMs: Infinity });
  const reply = send(tools.transport, PEER);
  await settle();
  tools.clock.advance(3_600_000);
  assertEquals(tools.clock.timerCount, 0);
  tools.conn.receive(OK);
  assertEquals(await textOf(await reply), "ok");
});

Deno.test("http1Transport gives an upstream up that takes no bytes: upstream_write_failed", async () => {
  const hold = Promise.withResolvers<void>();
  await using upstream = rawServer(async () => await hold.promise);
  await using transport = http1Transport({ writeTimeoutMs: 200 });
  let wasCancelled = false;
  const chunk = new Uint8Array(65_536);
  const body = { read: () => Promise.resolve(chunk), cancel: () => wasCancelled = true };
  const kind = await kindOf(send(transport, upstream.address, { method: "POST", body }));
  assertEquals([kind, wasCancelled, transport.statistics().open], [
    "upstream_write_failed",
    true,
    0,
  ]);
  hold.resolve();
});
