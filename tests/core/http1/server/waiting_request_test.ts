// What happens to a request that was read and has to wait for its turn.

import { assertEquals } from "@std/assert";
import { RequestTurns } from "../../../../core/http1/server/mod.ts";
import { type Handler, listen, reply, type Tunnel } from "../../../../core/mod.ts";
import { FakeClock } from "../../../../timeout/mod.ts";
import { serveInMemory } from "../../../fuzz/_memory_server.ts";
import { answers, GET, statuses, tell } from "../../../fuzz/_named.ts";
import { rawClient } from "../../../support/raw.ts";

const nobody = { takeTurn: () => {} };

/** Turns of which none is free: somebody else is on his way. */
function takenTurns(): { turns: RequestTurns; clock: FakeClock; free: () => void } {
  const clock = new FakeClock();
  const turns = new RequestTurns({ clock });
  let others = 0;
  while (turns.enter(nobody)) others++;
  const free = (): void => {
    clock.advance(1);
    for (; others > 0; others--) turns.leave();
    // The one who was refused above began meanwhile.
    turns.leave();
  };
  return { turns, clock, free };
}

/** How many may begin at once: less than at the beginning if somebody never left. */
function freePlaces(turns: RequestTurns): number {
  let count = 0;
  while (turns.enter(nobody)) count++;
  return count;
}

Deno.test("ServerConnection answers a request that had to wait when it is its turn", async () => {
  const { turns, free } = takenTurns();
  const server = serveInMemory(tell, { hooks: { turns } });
  server.client.send(GET);
  await server.settle();
  assertEquals([server.begun, server.connection.isBusy, server.received], [0, true, ""]);
  free();
  await server.settle();
  assertEquals(answers(server.received), ["</ >"]);
  assertEquals(server.connection.isBusy, false);
  server.client.end();
  await server.ended();
});

Deno.test("ServerConnection.drain() has a request answered that waits for its turn", async () => {
  const { turns, free } = takenTurns();
  const server = serveInMemory(tell, { hooks: { turns } });
  server.client.send(GET);
  await server.settle();
  server.connection.drain();
  await server.settle();
  free();
  await server.settle();
  server.client.end();
  await server.ended();
  assertEquals(statuses(server.received), [200]);
});

Deno.test("ServerConnection.close() ends a connection whose request waits for its turn", async () => {
  const { turns, free } = takenTurns();
  const server = serveInMemory(tell, { hooks: { turns } });
  server.client.send(GET);
  await server.settle();
  server.connection.close();
  free();
  await server.ended();
  assertEquals([server.begun, server.received], [0, ""]);
});

Deno.test("ServerConnection leaves its turn however the exchange ends", async () => {
  const turns = new RequestTurns({ clock: new FakeClock() });
  const handlers: Handler[] = [
    tell,
    // It gives up when its client is gone.
    ({ cancel }) => new Promise((_, reject) => void cancel.onCancel(reject)),
    () => Promise.reject(new Error("no")),
  ];
  for (const handler of handlers) {
    const server = serveInMemory(handler, { hooks: { turns } });
    server.client.send(GET);
    await server.settle();
    server.connection.close();
    server.client.end();
    await server.settle();
    assertEquals(server.ends.length, 1);
  }
  const unused = new RequestTurns({ clock: new FakeClock() });
  assertEquals(freePlaces(turns), freePlaces(unused));
});

Deno.test("ServerConnection leaves its turn when a tunnel begins, which may live for hours", async () => {
  const turns = new RequestTurns({ clock: new FakeClock() });
  const closed = Promise.withResolvers<void>();
  const tunnel: Tunnel = {
    read: () => closed.promise.then(() => null),
    write: () => Promise.resolve(),
    closeWrite: () => Promise.resolve(),
    close: () => closed.resolve(),
  };
  const server = serveInMemory(
    () => ({ ...reply(101, null, { headers: { upgrade: "x", connection: "upgrade" } }), tunnel }),
    { hooks: { turns } },
  );
  server.client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await server.settle();
  assertEquals([statuses(server.received), server.ends.length], [[101], 0]);
  const unused = freePlaces(new RequestTurns({ clock: new FakeClock() }));
  // The tunnel has begun in this turn, and is on its way no more.
  assertEquals(freePlaces(turns), unused);
  closed.resolve();
  server.client.end();
  await server.ended();
  assertEquals(server.ends.length, 1);
});

Deno.test("listen() answers hundreds of clients that all ask at once, again and again", async () => {
  const clients = 300;
  await using listener = await listen(
    { address: "127.0.0.1:0", engine: "wire" },
    async () => {
      await null;
      return reply(200, "a");
    },
  );
  const port = listener.address.transport === "tcp" ? listener.address.port : 0;
  const ask = async (): Promise<number> => {
    using client = await rawClient(port);
    await client.send(GET + GET + GET.replace("Host", "Connection: close\r\nHost"));
    return statuses(await client.readToEnd()).filter((status) => status === 200).length;
  };
  const counts = await Promise.all(Array.from({ length: clients }, ask));
  assertEquals(counts, counts.map(() => 3));
});
