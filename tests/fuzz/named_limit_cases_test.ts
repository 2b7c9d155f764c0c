// What the fuzz, the fault injection and reading have found once: each is a case of its own from then on.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Body, bodyFrom, type Handler, reply, responseHead } from "../../core/mod.ts";
import { checkServerLimits } from "../../core/http1/server/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { serveInMemory } from "./_memory_server.ts";
import { GET, statuses, tell } from "./_named.ts";

Deno.test("a head that comes when its 408 was sent is no request", async () => {
  for (const before of ["", GET]) {
    const server = serveInMemory(tell);
    server.client.send(before);
    await server.settle();
    server.client.send("GET /late HTTP/1.1\r\nHos");
    await server.pass(10_100);
    assertEquals(statuses(server.received).at(-1), 408);
    server.client.send(`t: a\r\n\r\n${GET}${GET}`);
    server.client.end();
    await server.ended();
    assertEquals(server.begun, before === "" ? 1 : 2, "the refusal is an exchange, nothing else");
    assertEquals(statuses(server.received), before === "" ? [408] : [200, 408]);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("a client that neither completes its head nor takes the 408 is cut", async () => {
  for (const isStalled of [true, false]) {
    const server = serveInMemory(tell);
    if (isStalled) server.client.stall();
    server.client.send("GET /late HTTP/1.1\r\nHos");
    await server.pass(45_000);
    await server.ended();
    assertEquals(server.ends.length, 1);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("a client that takes no interim response is cut", async () => {
  const content = "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  for (const rest of ["\r\n", content]) {
    const server = serveInMemory(async (exchange) => {
      if (exchange.body === null) exchange.inform(responseHead(103));
      else await exchange.body.read();
      return reply(200);
    });
    server.client.stall();
    server.client.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
    await server.pass(35_000);
    await server.ended();
    assertEquals(server.ends.length, 1);
    assertEquals(server.wheel.armedCount, 0);
  }
});

/** Answers with a stream that ends when the upload does, piece for piece or at its end. */
function during(isChatty: boolean): Handler {
  return ({ body }) => {
    async function* answer(body: Body) {
      yield new Uint8Array(10);
      for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
        if (isChatty) yield new Uint8Array(10);
      }
    }
    return reply(200, bodyFrom(answer(body ?? bodyFrom(""))));
  };
}

Deno.test("an upload that stops while its answer is on its way is timed", async () => {
  for (const isChatty of [true, false]) {
    const server = serveInMemory(during(isChatty));
    server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
    await server.settle();
    server.client.send("0123456789");
    await server.pass(35_000);
    await server.ended();
    assertEquals(server.ends.map(({ error }) => error?.kind), ["body_timeout"]);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("an upload that stops is timed while others write for it", async () => {
  const server = serveInMemory(({ body }) => {
    const ended = (async () => {
      while (body !== null && await body.read() !== null);
    })();
    async function* answer() {
      for (let i = 0; i < 3; i++) yield await Promise.resolve(new Uint8Array(10));
      await ended;
    }
    return reply(200, bodyFrom(answer()));
  });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
  await server.pass(35_000);
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["body_timeout"]);
});

Deno.test("an answer that is not taken is timed while its upload goes on", async () => {
  const server = serveInMemory(({ body }) => {
    void (async () => {
      while (body !== null && await body.read() !== null);
    })().catch(() => {});
    async function* endless() {
      for (;;) yield await Promise.resolve(new Uint8Array(10_000));
    }
    return reply(200, bodyFrom(endless()));
  });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  server.client.stall();
  for (let second = 0; second < 35; second++) {
    server.client.send("x".repeat(1_000));
    await server.pass(1_000);
  }
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["client_gone"]);
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("a large reply may take its time, as long as it is taken", async () => {
  const bytes = new Uint8Array(1_000_000);
  for (const [perSecond, isWhole] of [[10_000, true], [1_000, false]] as const) {
    const server = serveInMemory(() => reply(200, bytes), { maxWrite: perSecond });
    server.client.stall();
    server.client.send(GET);
    for (let second = 0; second < 110 && !server.hasEnded; second++) {
      await server.pass(1_000);
      server.client.resume();
      server.client.stall();
    }
    assertEquals(server.received.length > 1_000_000, isWhole);
    assertEquals(server.hasEnded, !isWhole, "a trickle of less than 64 KiB in 30 s is cut");
    server.connection.close();
    await server.ended();
  }
});

Deno.test("a client that takes not even the end is cut", async () => {
  const server = serveInMemory(() => reply(200, "ok"), {
    fault: (_, call) => call === "closeWrite" ? "stall" : undefined,
  });
  server.client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await server.pass(3_000);
  await server.ended();
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("a handler hears when its client was cut for taking no interim response", async () => {
  let heard: unknown = null;
  const server = serveInMemory(async (exchange) => {
    exchange.inform(responseHead(103));
    await new Promise<void>((resolve) =>
      exchange.cancel.onCancel((reason) => {
        heard = reason;
        resolve();
      })
    );
    return reply(200);
  });
  server.client.stall();
  server.client.send(GET);
  await server.pass(35_000);
  await server.ended();
  assert(heard instanceof ProxyError && heard.kind === "client_gone");
  assertEquals(server.ends.map(({ status }) => status), [499]);
});

Deno.test("limits that no connection could be made with are refused at once", () => {
  for (const limits of [{ maxHeadBytes: 0 }, { maxFields: -1 }, { maxTargetBytes: NaN }]) {
    assertThrows(() => checkServerLimits(limits), RangeError);
  }
});
