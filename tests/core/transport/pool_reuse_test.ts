import { assert, assertEquals } from "@std/assert";
import {
  bodyFrom,
  CancelSource,
  type ConnectionInfo,
  http1Transport,
  type Http1TransportOptions,
  type Peer,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock, TimerWheel } from "../../../timeout/mod.ts";
import { rawServer } from "../../support/raw.ts";
import { FakeUpstream, settle } from "./_fake_upstream.ts";
import { kindOf, send, textOf, until } from "./_http1_tools.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const PEER: Peer = { hostname: "app.example", port: 80, transport: "tcp", scheme: "http" };

/** A transport over connections in memory and a clock that stands still. */
function fake(options: Http1TransportOptions = {}) {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock });
  const upstream = new FakeUpstream();
  const transport = http1Transport({ dial: upstream.dial, wheel, ...options });
  return {
    clock,
    upstream,
    transport,
    /** One exchange that is answered at once. */
    async exchange(method = "GET", answer = OK): Promise<ConnectionInfo> {
      let info: ConnectionInfo = {};
      const reply = send(transport, PEER, {
        method,
        options: { observer: { connected: (seen) => info = seen } },
      });
      await settle();
      const conn = upstream.open.find(({ sent }) => sent !== "");
      assert(conn !== undefined);
      conn.sent = "";
      conn.receive(answer);
      await textOf(await reply);
      return info;
    },
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      const { open, idle, waiting } = transport.statistics();
      assertEquals([open, idle, waiting, upstream.open.length, wheel.armedCount], [0, 0, 0, 0, 0]);
    },
  };
}

Deno.test("http1Transport tells whether a connection is reused, and where it goes", async () => {
  await using upstream = rawServer(async (connection) => {
    for (;;) {
      await connection.readUntil("\r\n\r\n");
      await connection.send(OK);
    }
  });
  await using transport = http1Transport();
  const seen: ConnectionInfo[] = [];
  const options = { observer: { connected: (info: ConnectionInfo) => void seen.push(info) } };
  for (let i = 0; i < 2; i++) await textOf(await send(transport, upstream.address, { options }));
  assertEquals(seen.map(({ isReused, remote }) => [isReused, remote]), [
    [false, upstream.address],
    [true, upstream.address],
  ]);
  assertEquals([typeof seen[0].dnsMs, typeof seen[0].connectMs, seen[0].tlsMs], [
    "number",
    "number",
    0,
  ]);
  assertEquals([seen[1].dnsMs, seen[1].connectMs, seen[1].tlsMs], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("http1Transport drops idle connections that the upstream closes", async () => {
  await using tools = fake();
  await tools.exchange();
  tools.upstream.conns[0].end();
  await settle();
  assertEquals(tools.transport.statistics(), {
    peers: 0,
    open: 0,
    idle: 0,
    waiting: 0,
    fresh: 1,
    reused: 0,
    dead: 1,
    dirty: 0,
  });
  assertEquals((await tools.exchange()).isReused, false);
});

Deno.test("http1Transport drops idle connections that break", async () => {
  await using tools = fake();
  await tools.exchange();
  tools.upstream.conns[0].fail();
  await settle();
  const { open, dead } = tools.transport.statistics();
  assertEquals([open, dead], [0, 1]);
});

Deno.test("http1Transport drops idle connections on which bytes come", async () => {
  await using tools = fake();
  await tools.exchange();
  tools.upstream.conns[0].receive("HTTP/1.1 408 Timeout\r\n\r\n");
  await settle();
  const { open, dead, dirty } = tools.transport.statistics();
  assertEquals([open, dead, dirty], [0, 0, 1]);
});

Deno.test("http1Transport uses the connection first that was used last", async () => {
  await using tools = fake();
  const { transport, upstream } = tools;
  const replies = [send(transport, PEER), send(transport, PEER)];
  await settle();
  upstream.conns[1].receive(OK);
  await textOf(await replies[1]);
  upstream.conns[0].receive(OK);
  await textOf(await replies[0]);
  const next = send(transport, PEER);
  await settle();
  upstream.conns[1].sent = "";
  upstream.conns[0].receive(OK);
  await textOf(await next);
  assertEquals(transport.statistics().idle, 2);
});

Deno.test("http1Transport closes what was idle for too long", async () => {
  await using tools = fake({ idleTimeoutMs: 5_000 });
  await tools.exchange();
  await tools.clock.advanceAsync(4_000);
  assertEquals((await tools.exchange()).isReused, true);
  await tools.clock.advanceAsync(4_800);
  assertEquals(tools.transport.statistics().idle, 1);
  await tools.clock.advanceAsync(400);
  assertEquals(tools.transport.statistics().open, 0);
});

for (
  const [hint, keptMs] of [["timeout=5", 4_000], ["max=9, Timeout=1", 500], [
    "timeout=x",
    30_000,
  ]] as const
) {
  Deno.test(`http1Transport heeds Keep-Alive: ${hint}`, async () => {
    await using tools = fake();
    await tools.exchange("GET", OK.replace("\r\n", `\r\nKeep-Alive: ${hint}\r\n`));
    await tools.clock.advanceAsync(keptMs - 200);
    assertEquals(tools.transport.statistics().idle, 1);
    await tools.clock.advanceAsync(400);
    assertEquals(tools.transport.statistics().open, 0);
  });
}

Deno.test("http1Transport begins nothing on a connection that is too old", async () => {
  await using tools = fake({ maxAgeMs: 10_000, idleTimeoutMs: Infinity });
  await tools.exchange();
  await tools.clock.advanceAsync(9_000);
  assertEquals((await tools.exchange()).isReused, true);
  await tools.clock.advanceAsync(1_500);
  assertEquals((await tools.exchange()).isReused, false);
  assertEquals(tools.upstream.open.length, 1);
});

Deno.test("http1Transport does not keep a connection that grew too old in its exchange", async () => {
  await using tools = fake({ maxAgeMs: 10_000 });
  const reply = send(tools.transport, PEER);
  await settle();
  await tools.clock.advanceAsync(11_000);
  tools.upstream.conns[0].receive(OK);
  await textOf(await reply);
  assertEquals(tools.transport.statistics().open, 0);
});

for (const method of ["POST", "PATCH", "PURGE"]) {
  Deno.test(`http1Transport sends ${method} over a connection that was used just now, or a new one`, async () => {
    await using tools = fake();
    await tools.exchange();
    await tools.clock.advanceAsync(500);
    assertEquals((await tools.exchange(method)).isReused, true);
    await tools.clock.advanceAsync(1_100);
    assertEquals((await tools.exchange(method)).isReused, false);
    assertEquals(tools.transport.statistics().idle, 2);
  });
}

Deno.test("http1Transport takes unsafeReuseMs for how young a connection for a POST is", async () => {
  await using never = fake({ unsafeReuseMs: 0 });
  await never.exchange();
  assertEquals((await never.exchange("POST")).isReused, false);
  assertEquals((await never.exchange()).isReused, true);
  await using always = fake({ unsafeReuseMs: Infinity });
  await always.exchange();
  await always.clock.advanceAsync(20_000);
  assertEquals((await always.exchange("POST")).isReused, true);
});

Deno.test("http1Transport makes room for a POST where no more connections are allowed", async () => {
  await using tools = fake({ maxConnectionsPerPeer: 1 });
  await tools.exchange();
  await tools.clock.advanceAsync(1_100);
  assertEquals((await tools.exchange("POST")).isReused, false);
  assertEquals([tools.upstream.open.length, tools.upstream.conns.length], [1, 2]);
});

Deno.test("http1Transport keeps no more idle connections than it may", async () => {
  await using tools = fake({ maxIdlePerPeer: 2 });
  const { transport, upstream } = tools;
  const replies = [1, 2, 3].map(() => send(transport, PEER));
  await settle();
  for (const conn of upstream.conns) conn.receive(OK);
  for (const reply of replies) await textOf(await reply);
  const { open, idle } = transport.statistics();
  assertEquals([open, idle, upstream.open.length], [2, 2, 2]);
});

Deno.test("http1Transport keeps a thousand idle connections where nothing else is said", async () => {
  await using tools = fake();
  const { transport, upstream } = tools;
  const replies = Array.from({ length: 1_030 }, () => send(transport, PEER));
  await settle();
  for (const conn of upstream.conns) conn.receive(OK);
  for (const reply of replies) await textOf(await reply);
  const { fresh, idle } = transport.statistics();
  assertEquals([fresh, idle], [1_030, 1_024]);
});

Deno.test("http1Transport keeps none where it may keep none", async () => {
  await using tools = fake({ maxIdlePerPeer: 0 });
  await tools.exchange();
  assertEquals(tools.transport.statistics().open, 0);
  assertEquals(await tools.transport.warmUp(PEER, 3), 0);
});

Deno.test("http1Transport opens connections in advance, within its limits", async () => {
  await using tools = fake({ maxIdlePerPeer: 3 });
  assertEquals(await tools.transport.warmUp(PEER, 2), 2);
  assertEquals(await tools.transport.warmUp(PEER, 9), 3);
  const { fresh, idle } = tools.transport.statistics();
  assertEquals([fresh, idle], [3, 3]);
  assertEquals((await tools.exchange()).isReused, false);
  assertEquals(tools.transport.statistics().fresh, 3);
});

Deno.test("http1Transport tells why it cannot warm up", async () => {
  const transport = http1Transport({ dial: () => Promise.reject(new Deno.errors.NotFound("x")) });
  const error = await transport.warmUp(PEER, 2).catch((error) => error);
  assertEquals(error instanceof Deno.errors.NotFound, true);
  assertEquals(transport.statistics().open, 0);
  await transport[Symbol.asyncDispose]();
  assertEquals(await kindOf(transport.warmUp(PEER, 1)), "server_stopping");
});

Deno.test("http1Transport gives a connection back when a listener throws before anything is sent", async () => {
  await using tools = fake();
  await tools.exchange();
  const options = {
    observer: {
      connected() {
        throw new TypeError("no");
      },
    },
  };
  const thrown = await send(tools.transport, PEER, { options }).catch((error) => error);
  assertEquals(thrown instanceof TypeError, true);
  assertEquals((await tools.exchange()).isReused, true);
});

Deno.test("http1Transport closes idle connections at once and busy ones after their exchange", async () => {
  const tools = fake();
  const { transport, upstream } = tools;
  await tools.exchange();
  const busy = [send(transport, PEER), send(transport, PEER)];
  await settle();
  upstream.conns[1].receive("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na");
  const reply = await busy[1];
  const closing = tools[Symbol.asyncDispose]().catch((error) => error);
  await settle();
  assertEquals(upstream.open.length, 2);
  assertEquals(await kindOf(send(transport, PEER)), "server_stopping");
  upstream.conns[0].receive(OK);
  assertEquals(await textOf(await busy[0]), "ok");
  upstream.conns[1].receive("bc");
  assertEquals(await textOf(reply), "abc");
  assertEquals([upstream.open.length, transport.statistics().open], [0, 0]);
  // It did not wait for them.
  assert(await closing instanceof Error);
  await transport[Symbol.asyncDispose]();
});

Deno.test("http1Transport ends attempts to connect when it is closed", async () => {
  let wasCancelled = false;
  const transport = http1Transport({
    dial: (_, { cancel }) =>
      new Promise((_, reject) =>
        cancel.onCancel((reason) => {
          wasCancelled = true;
          reject(reason);
        })
      ),
  });
  const answer = kindOf(send(transport, PEER));
  await transport[Symbol.asyncDispose]();
  assertEquals([await answer, wasCancelled, transport.statistics().open], [
    "server_stopping",
    true,
    0,
  ]);
});

Deno.test("http1Transport closes a connection that comes after its exchange was cancelled", async () => {
  const upstream = new FakeUpstream();
  const arrived = Promise.withResolvers<void>();
  const cancel = new CancelSource();
  await using transport = http1Transport({
    dial: async () => {
      await arrived.promise;
      return upstream.connect();
    },
  });
  const answer = kindOf(send(transport, PEER, { options: { cancel } }));
  cancel.cancel(new DOMException("gone", "AbortError"));
  arrived.resolve();
  assertEquals(await answer, "client_gone");
  assertEquals([upstream.conns.length, upstream.open.length, transport.statistics().open], [
    1,
    0,
    0,
  ]);
});

// The race that no pool can win alone: the upstream closes an idle connection while a request is on its way.

Deno.test("http1Transport never lets a POST arrive twice at an upstream that closes at the worst moment", async () => {
  const arrivals = new Map<string, number>();
  await using upstream = rawServer(async (connection, number) => {
    for (let served = 0; served < 1 + number % 3; served++) {
      const { head } = await connection.readMessage();
      const id = /x-id: (\d+)/.exec(head)?.[1] ?? "";
      arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
      await connection.send(OK);
    }
    // Then it closes: by itself, or in the moment in which the next request comes.
    if (number % 2 === 0) await connection.readBytes(1);
  });
  await using transport = http1Transport();
  const total = 2_000;
  let next = 0;
  let answered = 0;
  let reset = 0;
  const client = async () => {
    while (next < total) {
      const id = String(next++);
      let isReused: boolean | undefined;
      try {
        const reply = await send(transport, upstream.address, {
          method: "POST",
          headers: [["x-id", id]],
          body: bodyFrom("abc"),
          options: { observer: { connected: (info) => isReused = info.isReused } },
        });
        assertEquals(await textOf(reply), "ok");
        assertEquals(arrivals.get(id), 1);
        answered++;
      } catch (error) {
        assert(error instanceof ProxyError, String(error));
        assertEquals([error.kind, isReused, arrivals.get(id)], [
          "connection_reset",
          true,
          undefined,
        ]);
        reset++;
      }
    }
  };
  await Promise.all([client(), client(), client(), client()]);
  assertEquals([answered + reset, arrivals.size], [total, answered]);
  assert(reset > 100, `the race was met ${reset} times`);
  assert([...arrivals.values()].every((count) => count === 1));
});

Deno.test("http1Transport does not take part of the way back for a dead connection", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send("HTTP/1.1 2");
  });
  await using transport = http1Transport();
  const error = await send(transport, upstream.address).catch((error) => error);
  assertEquals([error.kind, error.retry], ["connection_reset", "no"]);
});

Deno.test("http1Transport says that a second try is safe where nothing was sent", async () => {
  await using tools = fake();
  await tools.exchange();
  const options = { observer: { connected: () => tools.upstream.conns[0].end() } };
  const answer = send(tools.transport, PEER, { options }).catch((error) => error);
  const error = await answer;
  assertEquals(error.kind, "connection_reset");
  await until(() => tools.transport.statistics().open === 0);
});

for (
  const [name, first, rest] of [
    ["answer comes", "", OK],
    ["content ends", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", "bc"],
  ]
) {
  Deno.test(`http1Transport keeps no connection that is cancelled in the moment in which its ${name}`, async () => {
    await using tools = fake();
    const cancel = new CancelSource();
    const answer = send(tools.transport, PEER, { options: { cancel } });
    await settle();
    const [conn] = tools.upstream.conns;
    if (first !== "") {
      conn.receive(first);
      const { body } = await answer;
      await body?.read();
      const read = body?.read();
      await settle();
      conn.receive(rest);
      cancel.cancel(new ProxyError("client_gone"));
      assertEquals((await read)?.byteLength, 2);
    } else {
      conn.receive(rest);
      cancel.cancel(new ProxyError("client_gone"));
      assertEquals(await kindOf(answer), "client_gone");
    }
    await settle();
    const { open, idle } = tools.transport.statistics();
    assertEquals([open, idle], [0, 0]);
  });
}
