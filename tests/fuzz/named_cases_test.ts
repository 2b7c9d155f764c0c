// What the fuzz, the fault injection and reading have found once: each is a case of its own from then on.

import { assertEquals } from "@std/assert";
import { type Handler, readText, reply } from "../../core/mod.ts";
import { serveInMemory } from "./_memory_server.ts";

/** Tells what it was asked. */
const tell: Handler = async ({ request, body }) =>
  reply(200, `<${request.target} ${body === null ? "" : await readText(body)}>`);

function answers(text: string): string[] {
  return text.match(/<[^<>]*>/g) ?? [];
}

for (const size of [10, 700, 5_000, 40_000]) {
  Deno.test(`requests behind chunked content in one read of ${size} bytes and more stay whole`, async () => {
    const server = serveInMemory(tell);
    const next = `GET /next HTTP/1.1\r\nHost: a\r\nX-Fill: ${"f".repeat(size)}\r\n\r\n`;
    server.client.send("POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    await server.settle();
    server.client.send(`3\r\nabc\r\n0\r\n\r\n${next}GET /la`);
    await server.settle();
    server.client.send("st HTTP/1.1\r\nHost: a\r\n\r\n");
    server.client.end();
    await server.ended();
    assertEquals(answers(server.received), ["</first abc>", "</next >", "</last >"]);
  });
}
