// What users give may throw, and handlers may answer when nobody waits for them any more: the connection
// ends or goes on, and nothing is left.

import { assert, assertEquals } from "@std/assert";
import { type Exchange, type Reply, reply, ServerExchange } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type MemoryServer, serveInMemory } from "./_memory_server.ts";
import { answers, GET, statuses, tell } from "./_named.ts";

async function checkEnded(server: MemoryServer): Promise<void> {
  await server.settle();
  assert(server.hasEnded, "the connection has ended");
  assert(server.client.isClosed, "it is closed");
  assertEquals(server.begun, server.ends.length, "every exchange has ended");
  assertEquals(server.wheel.armedCount, 0, "no timer is armed");
}

const broken = () => {
  throw new Error("A page that cannot be made");
};

for (const isAsync of [false, true]) {
  Deno.test(`a page that cannot be made ends the connection, ${isAsync ? "later" : "at once"}`, async () => {
    const server = serveInMemory(() => {
      const error = new ProxyError("no_upstream");
      if (isAsync) return Promise.reject(error);
      throw error;
    }, { hooks: { errorReply: broken } });
    server.client.send(GET);
    await checkEnded(server);
  });
}

for (const answer of [null, undefined, {}, 5]) {
  for (const isAsync of [false, true]) {
    Deno.test(`a handler that answers ${String(answer)}, ${isAsync ? "later" : "at once"}, has failed`, async () => {
      const reply = answer as Reply;
      const server = serveInMemory(() => isAsync ? Promise.resolve(reply) : reply);
      server.client.send(GET + GET);
      await server.settle();
      assertEquals(statuses(server.received), [500, 500]);
      server.client.end();
      await checkEnded(server);
    });
  }
}

Deno.test("a page that cannot be made for an answer that is none ends the connection", async () => {
  const answer = null as unknown as Reply;
  const server = serveInMemory(() => Promise.resolve(answer), { hooks: { errorReply: broken } });
  server.client.send(GET);
  await checkEnded(server);
});

for (const size of [5, 200_000]) {
  Deno.test(`a release that throws behind ${size} bytes does not keep the connection from going on`, async () => {
    const released: unknown[] = [];
    const server = serveInMemory(() => ({
      ...reply(200, "x".repeat(size)),
      release: () => {
        released.push(null);
        throw new Error("A release that fails");
      },
    }), { hooks: { onListenerError: (error) => released.push(error) } });
    server.client.send(GET);
    await server.settle();
    server.client.send(GET);
    server.client.end();
    await server.settle();
    await checkEnded(server);
    assertEquals(server.ends.map(({ status, error }) => [status, error]), [[200, null], [
      200,
      null,
    ]]);
    assertEquals(released.map(String), [
      "null",
      "Error: A release that fails",
      "null",
      "Error: A release that fails",
    ]);
  });
}

Deno.test("what a handler answers after it was abandoned is not taken for the next answer", async () => {
  const late = Promise.withResolvers<Reply>();
  const exchanges: Exchange[] = [];
  const server = serveInMemory((exchange) => {
    exchanges.push(exchange);
    return exchange.request.target === "/first" ? late.promise : tell(exchange);
  });
  server.client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  await server.settle();
  const [first] = exchanges;
  assert(first instanceof ServerExchange);
  let releases = 0;
  first.abandon?.(new ProxyError("server_stopping"));
  await server.settle();
  late.resolve({ ...reply(200, "late"), release: () => releases++ });
  server.client.end();
  await checkEnded(server);
  assertEquals(server.ends.map(({ status }) => status), [503]);
  assertEquals(releases, 1, "the answer that came too late was given back");
  assert(/\r\nconnection: close\r\n/i.test(server.received));
  assertEquals(answers(server.received).length, 0);
});
