// A client that left behind pipelined requests is noticed in each of them.

import { assert, assertEquals } from "@std/assert";
import { type Exchange, type Reply, reply, untilCancelled } from "../../core/mod.ts";
import { serveInMemory } from "./_memory_server.ts";
import { GET } from "./_named.ts";

async function lastWaits({ request, cancel }: Exchange): Promise<Reply> {
  if (request.target === "/last") await untilCancelled(new Promise(() => {}), cancel);
  return reply(200, "hello");
}

const LAST = "GET /last HTTP/1.1\r\nHost: a\r\n\r\n";

for (const how of ["half-close", "vanish", "reset"] as const) {
  Deno.test(`a client whose end (${how}) came in the exchange before is given up in the next one`, async () => {
    const server = serveInMemory(async (exchange) => {
      if (exchange.request.target !== "/last") await first.promise;
      return await lastWaits(exchange);
    });
    const first = Promise.withResolvers<void>();
    server.client.send(GET + LAST);
    await server.settle();
    server.client.fail(how);
    await server.settle();
    first.resolve();
    await server.pass(30_000);
    assert(server.hasEnded, "the connection has ended");
    assertEquals(server.begun, server.ends.length);
    assertEquals(server.ends.at(-1)?.error?.kind, "client_gone");
    assertEquals(server.wheel.armedCount, 0);
  });
}

Deno.test("what is pipelined behind a connection that was closed meanwhile is not begun", async () => {
  const server = serveInMemory(() => reply(200, "hello"), {
    hooks: { onExchange: (exchange) => exchange.onEnd(() => server.connection.close()) },
  });
  server.client.send(GET + LAST);
  await server.ended();
  assertEquals(server.begun, 1);
});

Deno.test("a drain waits for the rest of content whose answer has left: closing now could lose it", async () => {
  const server = serveInMemory(() => reply(200, "hello"));
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  await server.settle();
  assert(server.received.endsWith("hello"));
  server.connection.drain();
  assert(!server.client.isClosed, "the client still sends");
  server.client.send("defghij");
  await server.ended();
  assertEquals([server.client.isClosed, server.wheel.armedCount], [true, 0]);
});

Deno.test("a drain does not wait longer for content than a body may be silent", async () => {
  const server = serveInMemory(() => reply(200, "hello"));
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  await server.settle();
  server.connection.drain();
  await server.pass(40_000);
  assert(server.hasEnded, "the connection has ended");
});
