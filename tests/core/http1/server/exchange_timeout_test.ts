// How long an exchange may take in all, in time that passes by hand.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  bodyFrom,
  type Handler,
  PendingReply,
  reply,
  untilCancelled,
} from "../../../../core/mod.ts";
import { checkServerLimits } from "../../../../core/http1/server/mod.ts";
import { serveInMemory } from "../../../fuzz/_memory_server.ts";
import { GET, statuses, tell } from "../../../fuzz/_named.ts";

const LIMITS = { exchangeTimeoutMs: 5_000 };

/** Waits for ever, or until the exchange is over. */
const waits: Handler = async ({ cancel }) => {
  await untilCancelled(new Promise(() => {}), cancel);
  return reply(200, "never");
};

Deno.test("exchangeTimeoutMs answers 504 when no answer has begun", async () => {
  const server = serveInMemory(waits, { limits: LIMITS });
  server.client.send(GET);
  await server.pass(4_800);
  assertEquals(server.received, "");
  await server.pass(400);
  assertEquals(statuses(server.received), [504]);
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
  server.client.end();
  await server.ended();
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("exchangeTimeoutMs answers 504 where the handler fails in the moment that it is told", async () => {
  // As an upstream's connection does, when a handler passes on what a transport gives.
  const atOnce: Handler = ({ cancel }) => {
    const pending = new PendingReply();
    cancel.onCancel((reason) => pending.reject(reason));
    return pending;
  };
  const server = serveInMemory(atOnce, { limits: LIMITS });
  server.client.send(GET);
  await server.pass(5_200);
  assertEquals(statuses(server.received), [504]);
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
  server.client.send(GET);
  await server.pass(5_200);
  assertEquals(statuses(server.received), [504, 504]);
  server.client.end();
  await server.ended();
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("exchangeTimeoutMs is off by default", async () => {
  const server = serveInMemory(waits);
  server.client.send(GET);
  await server.pass(600_000, 10_000);
  assertEquals(server.received, "");
  server.connection.close();
  await server.ended();
});

Deno.test("exchangeTimeoutMs ends the wait for content that comes and comes", async () => {
  const server = serveInMemory(tell, { limits: LIMITS });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n");
  for (let i = 0; i < 55; i++) {
    server.client.send("x".repeat(100));
    await server.pass(100);
  }
  assertEquals(statuses(server.received), [504]);
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
  server.client.end();
  await server.pass(3_000);
  assert(server.hasEnded);
});

Deno.test("exchangeTimeoutMs cuts an answer that is on its way", async () => {
  async function* endless() {
    for (;;) {
      await new Promise<void>((resolve) => server.clock.setTimer(resolve, 100));
      yield new Uint8Array(10);
    }
  }
  const server = serveInMemory(() => reply(200, bodyFrom(endless())), { limits: LIMITS });
  server.client.send(GET);
  await server.pass(4_800);
  assertMatch(server.received, /^HTTP\/1\.1 200 /);
  assertEquals(server.ends, []);
  await server.pass(400);
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
  assertEquals(server.received.endsWith("0\r\n\r\n"), false);
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("exchangeTimeoutMs cuts the client of a handler that does not hear", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = serveInMemory(async () => {
    await promise;
    return reply(200, "late");
  }, { limits: LIMITS });
  server.client.send(GET);
  await server.pass(5_200);
  assertEquals(server.client.isClosed, false);
  await server.pass(1_200);
  assertEquals(server.client.isClosed, true);
  resolve();
  await server.ended();
  assertEquals(server.received, "");
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
});

Deno.test("exchangeTimeoutMs runs anew for each request of a connection", async () => {
  const server = serveInMemory(async () => {
    await new Promise<void>((resolve) => server.clock.setTimer(resolve, 3_000));
    return reply(200, "<slow>");
  }, { limits: LIMITS });
  for (let i = 0; i < 3; i++) {
    server.client.send(GET);
    await server.pass(3_100);
  }
  assertEquals(statuses(server.received), [200, 200, 200]);
  server.client.end();
  await server.ended();
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("exchangeTimeoutMs does not end tunnels", async () => {
  const server = serveInMemory(() => ({
    ...reply(101, null, { headers: { upgrade: "x", connection: "upgrade" } }),
    tunnel: {
      read: () => new Promise<null>(() => {}),
      write: () => Promise.resolve(),
      closeWrite: () => Promise.resolve(),
      close: () => {},
    },
  }), { limits: LIMITS });
  server.client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await server.pass(20_000);
  assertEquals(statuses(server.received), [101]);
  assertEquals(server.ends, []);
  server.connection.close();
});

Deno.test("checkServerLimits() has the defaults of the design", () => {
  const { maxDrainBytes: _drain, halfClosedGraceMs: _grace, ...limits } = checkServerLimits();
  assertEquals(limits, {
    maxHeadBytes: 65_536,
    maxFields: 128,
    maxTargetBytes: 8_000,
    headTimeoutMs: 10_000,
    bodyTimeoutMs: 30_000,
    minBytesPerSecond: 240,
    minRateGraceMs: 10_000,
    writeTimeoutMs: 30_000,
    idleTimeoutMs: 75_000,
    maxRequests: Infinity,
    exchangeTimeoutMs: Infinity,
    tunnelTimeoutMs: 3_600_000,
  });
  assertThrows(() => checkServerLimits({ exchangeTimeoutMs: 0 }), RangeError, "exchangeTimeoutMs");
});
