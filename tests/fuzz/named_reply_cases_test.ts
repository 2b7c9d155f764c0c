// What the fuzz, the fault injection and reading have found once: each is a case of its own from then on.

import { assert, assertEquals } from "@std/assert";
import { type Body, reply, responseHead } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { serveInMemory } from "./_memory_server.ts";
import { GET, statuses, tell } from "./_named.ts";

Deno.test("a refusal is sent to its end when the server drains meanwhile", async () => {
  const server = serveInMemory(tell, { maxWrite: 1 });
  server.client.send("GET\r\n\r\n");
  for (let turn = 0; turn < 50; turn++) await null;
  assert(server.received.length > 0 && !server.received.includes("\r\n\r\n"));
  server.connection.drain();
  server.client.end();
  await server.ended();
  const [head, body] = server.received.split("\r\n\r\n");
  assertEquals(Number(/content-length: (\d+)/.exec(head)?.[1]), body.length);
});

Deno.test("interim responses are written one after the other, and before the final one", async () => {
  const server = serveInMemory((exchange) => {
    const { body } = exchange;
    exchange.inform(responseHead(103, [["link", "<a>"]]));
    void body?.read().catch(() => {});
    exchange.inform(responseHead(102));
    return reply(200, "done");
  }, { maxWrite: 1 });
  server.client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  );
  server.client.end();
  await server.ended();
  assertEquals(
    server.received.replace(/date: .*\r\n/, ""),
    "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
      "HTTP/1.1 102 Processing\r\n\r\n" +
      "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone",
  );
});

Deno.test("a reply whose status is interim is the handler's fault", async () => {
  for (const status of [100, 101, 103]) {
    const server = serveInMemory(() => reply(status));
    server.client.send(GET + GET);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500, 500]);
  }
});

Deno.test("what is not interim is not sent as such", async () => {
  for (const status of [101, 200, 404]) {
    const server = serveInMemory((exchange) => {
      exchange.inform(responseHead(status));
      return reply(200);
    });
    server.client.send(GET);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500]);
  }
});

Deno.test("the answer to a HEAD tells no length that is none", async () => {
  for (const [method, status] of [["HEAD", 200], ["GET", 304]] as const) {
    const server = serveInMemory(() =>
      reply(status, null, { headers: { "content-length": "5, 5" } })
    );
    server.client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [status]);
    assert(!server.received.includes("content-length"));
  }
});

/** A body that gives nothing until it is cancelled, and even then leaves its read open. */
function silentBody(): Body & { reason: unknown } {
  return {
    reason: null,
    read: () => new Promise(() => {}),
    cancel(reason) {
      this.reason ??= reason;
    },
  };
}

Deno.test("a silent event stream ends when its client has gone", async () => {
  const body = silentBody();
  const server = serveInMemory(() => ({ ...reply(200), body }));
  server.client.send(GET);
  await server.settle();
  server.client.end();
  await server.pass(1_200);
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["client_gone"]);
  assert(body.reason instanceof Error, "its source is told");
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("an exchange that is aborted cuts its reply, whatever the body does", async () => {
  const body = silentBody();
  let abort = (): void => {};
  const server = serveInMemory((exchange) => {
    abort = () => exchange.abort(new ProxyError("deadline_exceeded"));
    return { ...reply(200), body };
  });
  server.client.send(GET);
  await server.settle();
  abort();
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
  assert(body.reason instanceof ProxyError);
});

Deno.test("the page of an exchange that was aborted before is sent", async () => {
  const server = serveInMemory((exchange) => {
    const error = new ProxyError("deadline_exceeded");
    exchange.abort(error);
    throw error;
  });
  server.client.send(GET + GET);
  server.client.end();
  await server.ended();
  assertEquals(statuses(server.received), [504, 504]);
});

Deno.test("hooks that throw are answered with 500, and leave nothing open", async () => {
  const thrower = (): never => {
    throw new Error("a hook's fault");
  };
  for (const hooks of [{ onReply: thrower }, { onExchange: thrower }]) {
    const body = silentBody();
    let released = 0;
    const release = (): void => void released++;
    const server = serveInMemory(() => ({ ...reply(200), body, release }), { hooks });
    server.client.send(GET + GET);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500, 500]);
    assertEquals(server.ends.length, 2);
    const isAnswered = "onReply" in hooks;
    assertEquals([body.reason instanceof Error, released], isAnswered ? [true, 2] : [false, 0]);
  }
});

Deno.test("a refusal ends its exchange even when its hooks throw", async () => {
  const thrower = (): never => {
    throw new Error("a hook's fault");
  };
  for (const hooks of [{ onReply: thrower }, { onExchange: thrower }, { errorReply: thrower }]) {
    const server = serveInMemory(tell, { hooks });
    server.client.send("GET\r\n\r\n");
    await server.ended();
    assertEquals(server.ends.map(({ status }) => status), [400]);
    assertEquals(server.wheel.armedCount, 0);
  }
});
