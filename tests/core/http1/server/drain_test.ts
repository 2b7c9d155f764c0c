// What a drain does to connections on which nothing has come yet, in time that passes by hand.

import { assertEquals, assertMatch } from "@std/assert";
import { serveInMemory } from "../../../fuzz/_memory_server.ts";
import { answers, GET, statuses, tell } from "../../../fuzz/_named.ts";

Deno.test("drain() answers the first request of a connection that was just opened", async () => {
  const server = serveInMemory(tell);
  server.connection.drain();
  await server.pass(100);
  server.client.send(GET);
  await server.settle();
  server.client.end();
  await server.ended();
  assertEquals(answers(server.received), ["</ >"]);
  assertMatch(server.received, /\r\nconnection: close\r\n/);
});

Deno.test("drain() takes a first request that is slow within the time for heads", async () => {
  const server = serveInMemory(tell);
  server.connection.drain();
  server.client.send("GET / HT");
  await server.pass(5_000);
  server.client.send("TP/1.1\r\nHost: a\r\n\r\n");
  await server.settle();
  server.client.end();
  await server.ended();
  assertEquals(statuses(server.received), [200]);
});

Deno.test("drain() closes a connection on which nothing comes for a quarter of a second", async () => {
  const server = serveInMemory(tell);
  server.connection.drain();
  await server.pass(200);
  assertEquals(server.hasEnded, false);
  await server.pass(100);
  await server.ended();
  assertEquals([server.received, server.wheel.armedCount], ["", 0]);
});

Deno.test("drain() closes a connection at once that is idle behind a request", async () => {
  const server = serveInMemory(tell);
  server.client.send(GET);
  await server.settle();
  server.connection.drain();
  await server.ended();
  assertEquals(statuses(server.received), [200]);
});
