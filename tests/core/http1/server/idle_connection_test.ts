// What an idle connection does with its memory and its time, in time that passes by hand.

import { assert, assertEquals } from "@std/assert";
import { type Exchange, reply } from "../../../../core/mod.ts";
import { serveInMemory } from "../../../fuzz/_memory_server.ts";
import { GET, statuses } from "../../../fuzz/_named.ts";

Deno.test("ServerConnection goes on after a rest in which it has given its memory up", async () => {
  const server = serveInMemory(() => reply(200));
  for (let i = 1; i <= 3; i++) {
    server.client.send(GET);
    await server.pass(20_000);
    assertEquals(statuses(server.received).length, i);
    assert(!server.hasEnded);
  }
  // A head that comes in pieces has its time, also after a rest.
  server.client.send(GET.slice(0, 9));
  await server.pass(9_000);
  server.client.send(GET.slice(9));
  await server.pass(1_000);
  assertEquals(statuses(server.received), [200, 200, 200, 200]);
  server.client.send(GET.slice(0, 9));
  await server.pass(12_000);
  assertEquals(statuses(server.received), [200, 200, 200, 200, 408]);
  server.client.end();
  await server.ended();
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("ServerConnection ends an idle connection after its time, the rest included", async () => {
  const server = serveInMemory(() => reply(200), { limits: { idleTimeoutMs: 30_000 } });
  server.client.send(GET);
  await server.pass(29_800);
  assert(!server.hasEnded);
  await server.pass(600);
  assert(server.hasEnded);
});

Deno.test("ServerConnection ends an idle connection sooner than it would rest", async () => {
  const server = serveInMemory(() => reply(200), { limits: { idleTimeoutMs: 2_000 } });
  server.client.send(GET);
  await server.pass(1_900);
  assert(!server.hasEnded);
  await server.pass(300);
  assert(server.hasEnded);
});

Deno.test("ServerConnection keeps the head of an exchange for whoever holds it after a rest", async () => {
  let held: Exchange | undefined;
  const server = serveInMemory((exchange) => {
    held ??= exchange;
    return reply(200);
  });
  server.client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  await server.pass(10_000);
  server.client.send("GET /second HTTP/1.1\r\nHost: b\r\n\r\n");
  await server.pass(100);
  assertEquals([held?.request.target, held?.request.authority], ["/first", "a"]);
  server.client.end();
  await server.ended();
});
