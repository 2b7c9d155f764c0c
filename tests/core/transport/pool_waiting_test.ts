import { assertEquals, assertThrows } from "@std/assert";
import {
  CancelSource,
  http1Transport,
  type Http1TransportOptions,
  type Peer,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock, TimerWheel } from "../../../timeout/mod.ts";
import { FakeUpstream, settle } from "./_fake_upstream.ts";
import { kindOf, send, textOf } from "./_http1_tools.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLOSING = OK.replace("\r\n", "\r\nConnection: close\r\n");
const PEER: Peer = { hostname: "app.example", port: 80, transport: "tcp", scheme: "http" };

function limited(options: Http1TransportOptions = {}) {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock });
  const upstream = new FakeUpstream();
  const transport = http1Transport({
    dial: upstream.dial,
    wheel,
    maxConnectionsPerPeer: 1,
    ...options,
  });
  return {
    clock,
    upstream,
    transport,
    /** Answers the request that is on the only open connection, and tells which one it was. */
    async answer(text = OK): Promise<string> {
      const [conn] = upstream.open;
      const target = conn.sent.split(" ")[1];
      conn.sent = "";
      conn.receive(text);
      await settle();
      return target;
    },
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      const { open, idle, waiting } = transport.statistics();
      assertEquals([open, idle, waiting, upstream.open.length, wheel.armedCount], [0, 0, 0, 0, 0]);
    },
  };
}

Deno.test("http1Transport lets exchanges wait for a connection in their order", async () => {
  await using tools = limited();
  const { transport } = tools;
  const done = [1, 2, 3, 4].map(async (i) =>
    textOf(await send(transport, PEER, { target: `/${i}` }))
  );
  await settle();
  assertEquals([transport.statistics().open, transport.statistics().waiting], [1, 3]);
  const order: string[] = [];
  // Whether the connection comes back or another one has to be opened makes no difference.
  for (const answer of [OK, CLOSING, OK, CLOSING]) order.push(await tools.answer(answer));
  assertEquals(order, ["/1", "/2", "/3", "/4"]);
  assertEquals(await Promise.all(done), ["ok", "ok", "ok", "ok"]);
  assertEquals(tools.upstream.conns.length, 2);
});

Deno.test("http1Transport sheds what finds the queue full: overloaded", async () => {
  await using tools = limited({ maxWaiting: 1 });
  const { transport } = tools;
  const first = send(transport, PEER);
  const second = send(transport, PEER);
  await settle();
  let wasCancelled = false;
  const body = { read: () => Promise.resolve(null), cancel: () => wasCancelled = true };
  assertEquals(await kindOf(send(transport, PEER, { method: "PUT", body })), "overloaded");
  assertEquals(wasCancelled, true);
  await tools.answer();
  await tools.answer();
  assertEquals([await textOf(await first), await textOf(await second)], ["ok", "ok"]);
});

Deno.test("http1Transport lets nobody wait for ever: pool_timeout", async () => {
  await using tools = limited({ waitTimeoutMs: 2_000 });
  const { transport, clock } = tools;
  const first = send(transport, PEER);
  await settle();
  const second = kindOf(send(transport, PEER));
  await clock.advanceAsync(2_100);
  assertEquals([await second, transport.statistics().waiting], ["pool_timeout", 0]);
  await tools.answer();
  assertEquals(await textOf(await first), "ok");
});

Deno.test("http1Transport lets a cancelled exchange leave the queue", async () => {
  await using tools = limited();
  const { transport } = tools;
  const cancel = new CancelSource();
  const first = send(transport, PEER, { target: "/1" });
  const second = kindOf(send(transport, PEER, { target: "/2", options: { cancel } }));
  const third = send(transport, PEER, { target: "/3" });
  await settle();
  cancel.cancel(new ProxyError("client_gone"));
  assertEquals([await second, transport.statistics().waiting], ["client_gone", 1]);
  assertEquals([await tools.answer(), await tools.answer()], ["/1", "/3"]);
  assertEquals([await textOf(await first), await textOf(await third)], ["ok", "ok"]);
});

Deno.test("http1Transport gives the turn of one who was cancelled just then to the next", async () => {
  await using tools = limited();
  const { transport, upstream } = tools;
  const cancel = new CancelSource();
  const first = send(transport, PEER, { target: "/1" });
  const second = kindOf(send(transport, PEER, { target: "/2", options: { cancel } }));
  const third = send(transport, PEER, { target: "/3" });
  await settle();
  upstream.conns[0].sent = "";
  upstream.conns[0].receive(OK);
  const reply = await first;
  // The second has been given the connection, and has not gone on yet.
  cancel.cancel(new ProxyError("client_gone"));
  assertEquals(await second, "client_gone");
  await textOf(reply);
  await settle();
  assertEquals(await tools.answer(), "/3");
  assertEquals(await textOf(await third), "ok");
});

Deno.test("http1Transport gives the place of a failed attempt to the next in the queue", async () => {
  let attempts = 0;
  const upstream = new FakeUpstream();
  await using transport = http1Transport({
    maxConnectionsPerPeer: 1,
    async dial() {
      await settle();
      if (attempts++ === 0) throw new ProxyError("connect_refused");
      return upstream.connect();
    },
  });
  const first = kindOf(send(transport, PEER));
  const second = send(transport, PEER);
  assertEquals(await first, "connect_refused");
  while (upstream.conns.length === 0) await settle();
  upstream.conns[0].receive(OK);
  assertEquals(await textOf(await second), "ok");
});

Deno.test("http1Transport turns those who wait away when it is closed", async () => {
  const { transport, upstream, answer } = limited();
  const first = send(transport, PEER);
  await settle();
  const second = kindOf(send(transport, PEER));
  await transport[Symbol.asyncDispose]();
  assertEquals([await second, upstream.open.length], ["server_stopping", 1]);
  await answer();
  assertEquals([await textOf(await first), upstream.open.length], ["ok", 0]);
});

Deno.test("http1Transport counts a tunnel as a connection", async () => {
  await using tools = limited();
  const { transport, upstream } = tools;
  const reply = send(transport, PEER, { headers: [["connection", "upgrade"], ["upgrade", "x"]] });
  await settle();
  upstream.conns[0].receive("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  const { tunnel } = await reply;
  const next = send(transport, PEER);
  await settle();
  assertEquals(transport.statistics().waiting, 1);
  tunnel?.close();
  await settle();
  await tools.answer();
  assertEquals(await textOf(await next), "ok");
});

for (
  const options of [
    { maxIdlePerPeer: -1 },
    { maxIdlePerPeer: 1.5 },
    { maxConnectionsPerPeer: 0 },
    { maxWaiting: NaN },
    { idleTimeoutMs: -1 },
    { waitTimeoutMs: NaN },
    { unsafeReuseMs: -1 },
    { writeTimeoutMs: 0 },
    { continueTimeoutMs: -1 },
    { maxHeadBytes: 0 },
    { maxFields: 0.5 },
  ]
) {
  Deno.test(`http1Transport() refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => http1Transport(options), RangeError);
  });
}

// Each part of a peer's identity (the pool key).

const secure: Peer = {
  ...PEER,
  scheme: "https",
  tls: { serverName: "a", caCerts: ["1"], cert: "c", key: "k" },
};
const peers: { name: string; one: Peer; other: Peer }[] = [
  { name: "host names", one: PEER, other: { ...PEER, hostname: "b.example" } },
  { name: "ports", one: PEER, other: { ...PEER, port: 81 } },
  { name: "sockets", one: PEER, other: { ...PEER, transport: "unix" } },
  { name: "schemes", one: PEER, other: { ...PEER, scheme: "https" } },
  { name: "groups", one: { ...PEER, group: "a" }, other: { ...PEER, group: "b" } },
  { name: "a group and none", one: PEER, other: { ...PEER, group: "" } },
  {
    name: "server names",
    one: secure,
    other: { ...secure, tls: { ...secure.tls, serverName: "b" } },
  },
  {
    name: "authorities",
    one: secure,
    other: { ...secure, tls: { ...secure.tls, caCerts: ["2"] } },
  },
  { name: "certificates", one: secure, other: { ...secure, tls: { ...secure.tls, cert: "d" } } },
  { name: "keys", one: secure, other: { ...secure, tls: { ...secure.tls, key: "l" } } },
];

for (const { name, one, other } of peers) {
  Deno.test(`http1Transport keeps the connections of different ${name} apart`, async () => {
    const upstream = new FakeUpstream();
    await using transport = http1Transport({ dial: upstream.dial });
    for (const peer of [one, other, { ...one }, { ...other }]) {
      const reply = send(transport, peer);
      await settle();
      for (const conn of upstream.conns.filter(({ sent }) => sent !== "")) {
        conn.sent = "";
        conn.receive(OK);
      }
      await textOf(await reply);
    }
    // Equal peers share one, whether they are the same object or not.
    const { peers, fresh, reused } = transport.statistics();
    assertEquals([peers, fresh, reused], [2, 2, 2]);
  });
}

Deno.test("http1Transport does not tell peers apart by TLS that they do not speak", async () => {
  const upstream = new FakeUpstream();
  await using transport = http1Transport({ dial: upstream.dial });
  for (const peer of [PEER, { ...PEER, tls: { serverName: "a" } }]) {
    const reply = send(transport, peer);
    await settle();
    upstream.conns[0].receive(OK);
    await textOf(await reply);
  }
  assertEquals(upstream.conns.length, 1);
});
