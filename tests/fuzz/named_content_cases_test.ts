// What the fuzz, the fault injection and reading have found once: each is a case of its own from then on.

import { assertEquals, assertRejects } from "@std/assert";
import { reply } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { textOf } from "./_latin1.ts";
import { serveInMemory } from "./_memory_server.ts";
import { answers, GET, tell } from "./_named.ts";

for (const size of [10, 700, 5_000, 40_000]) {
  Deno.test(`requests behind chunked content in one read of ${size} bytes and more stay whole`, async () => {
    for (const isLate of [true, false]) {
      const server = serveInMemory(tell);
      const next = `GET /next HTTP/1.1\r\nHost: a\r\nX-Fill: ${"f".repeat(size)}\r\n\r\n`;
      const pieces = [
        "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        // What comes behind this is read into another buffer than heads are.
        "3\r\nab",
        `c\r\n0\r\n\r\n${next}GET /la`,
        "st HTTP/1.1\r\nHost: a\r\n\r\n",
      ];
      for (const piece of pieces) {
        server.client.send(piece);
        if (isLate) await server.settle();
      }
      server.client.end();
      await server.ended();
      assertEquals(answers(server.received), ["</first abc>", "</next >", "</last >"]);
    }
  });
}

Deno.test("content whose head was pipelined is not lost in the read that was parked before it", async () => {
  const contents = [["Content-Length: 3", "abc"], [
    "Transfer-Encoding: chunked",
    "3\r\nabc\r\n0\r\n\r\n",
  ]];
  for (const [framing, content] of contents) {
    const server = serveInMemory(tell);
    server.client.send(`${GET}POST /2 HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    server.client.send(`${content}GET /3 HTTP/1.1\r\nHost: a\r\n\r\n`);
    server.client.end();
    await server.ended();
    assertEquals(answers(server.received), ["</ >", "</2 abc>", "</3 >"]);
  }
});

Deno.test("a handler that reads on behind its reply takes nothing of the next request", async () => {
  for (const framing of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
    const late: Promise<unknown>[] = [];
    const server = serveInMemory(({ request, body }) => {
      if (body !== null) {
        const readLater = async () => {
          for (let turn = 0; turn < 100; turn++) await null;
          await body.read();
        };
        late.push(assertRejects(readLater, ProxyError, "its exchange has ended"));
      }
      return reply(200, `<${request.target}>`);
    });
    const isChunked = framing.startsWith("T");
    server.client.send(
      `POST /1 HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${isChunked ? "a\r\n" : ""}`,
    );
    await server.settle();
    server.client.send(
      `0123456789${isChunked ? "\r\n0\r\n\r\n" : ""}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    await server.settle();
    server.client.end();
    await Promise.all(late);
    await server.ended();
    assertEquals([late.length, answers(server.received)], [1, ["</1>", "</2>"]]);
  }
});

Deno.test("content is read by one reader at a time", async () => {
  const server = serveInMemory(async ({ body }) => {
    if (body === null) return reply(400);
    const first = body.read();
    await assertRejects(() => body.read(), TypeError, "a read waits already");
    const chunk = await first;
    return reply(200, chunk === null ? "" : `<${textOf(chunk)}>`);
  });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  await server.settle();
  server.client.send("hello");
  server.client.end();
  await server.ended();
  assertEquals(answers(server.received), ["<hello>"]);
});

Deno.test("a chunk that a handler holds is not written over behind its reply", async () => {
  const held: Uint8Array[] = [];
  const server = serveInMemory(async ({ request, body }) => {
    const chunk = await body?.read();
    if (chunk instanceof Uint8Array) held.push(chunk);
    return reply(200, `<${request.target}>`);
  });
  for (const framing of ["Content-Length: 9", "Transfer-Encoding: chunked"]) {
    const isChunked = framing.startsWith("T");
    server.client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    await server.settle();
    server.client.send(isChunked ? "3\r\nabc\r\n6\r\nd" : "abc");
    await server.settle();
    server.client.send(isChunked ? "efghi\r\n0\r\n\r\n" : "defghi");
    await server.settle();
  }
  // The next content takes a buffer that was given back.
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n");
  await server.settle();
  server.client.send("#".repeat(30));
  server.client.end();
  await server.ended();
  assertEquals(answers(server.received), ["</>", "</>", "</>"]);
  assertEquals(held.map(textOf), ["abc", "abc", "#".repeat(30)]);
});
