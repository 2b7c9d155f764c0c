import { assert, assertEquals } from "@std/assert";
import {
  type Body,
  bodyFrom,
  type Exchange,
  type Reply,
  reply,
  untilCancelled,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { serveInMemory } from "./_memory_server.ts";

/** What goes wrong in a handler. */
type Misdeed = "throws" | "aborts" | "aborts and throws" | "waits for its client to leave";

/** Where it goes wrong. */
type Phase =
  | "at once"
  | "in the content"
  | "behind the content"
  | "before the reply's first piece"
  | "in the reply";

async function commit(misdeed: Misdeed, exchange: Exchange): Promise<void> {
  const error = new ProxyError("overloaded");
  if (misdeed.startsWith("aborts")) exchange.abort(error);
  if (misdeed.endsWith("throws")) throw error;
  if (misdeed.startsWith("waits")) await untilCancelled(new Promise(() => {}), exchange.cancel);
}

function handlerOf(phase: Phase, misdeed: Misdeed): (exchange: Exchange) => Promise<Reply> {
  return async (exchange) => {
    const act = (where: Phase) => where === phase ? commit(misdeed, exchange) : Promise.resolve();
    await act("at once");
    if (exchange.body !== null) await readAround(exchange.body, () => act("in the content"));
    await act("behind the content");
    async function* pieces() {
      await act("before the reply's first piece");
      yield new Uint8Array(10);
      await act("in the reply");
      yield new Uint8Array(10);
    }
    return reply(200, bodyFrom(pieces()));
  };
}

async function readAround(body: Body, act: () => Promise<void>): Promise<void> {
  await body.read();
  await act();
  while (await body.read() !== null);
}

/** How an exchange ends: the status, and the kind of what went wrong. */
function expected(phase: Phase, misdeed: Misdeed): readonly [number, string] {
  const isBegun = phase === "in the reply" || phase === "before the reply's first piece";
  if (misdeed.startsWith("waits")) return [isBegun ? 200 : 499, "client_gone"];
  // A handler that goes on in spite of its own abort is taken at its word.
  if (misdeed === "aborts") return [200, "overloaded"];
  return [isBegun ? 200 : 503, "overloaded"];
}

const PHASES: readonly Phase[] = [
  "at once",
  "in the content",
  "behind the content",
  "before the reply's first piece",
  "in the reply",
];
const MISDEEDS: readonly Misdeed[] = [
  "throws",
  "aborts",
  "aborts and throws",
  "waits for its client to leave",
];

for (const phase of PHASES) {
  for (const misdeed of MISDEEDS) {
    // While content waits to be read, nobody sees the end of the connection behind it.
    if (phase === "in the content" && misdeed.startsWith("waits")) continue;
    Deno.test(`nothing is left when a handler ${misdeed} ${phase}`, async () => {
      const server = serveInMemory(handlerOf(phase, misdeed));
      const content = phase === "at once" ? "" : "Content-Length: 6\r\n";
      server.client.send(`POST / HTTP/1.1\r\nHost: a\r\n${content}\r\n`);
      if (content !== "") server.client.send("abc");
      await server.settle();
      if (content !== "") server.client.send("def");
      server.client.end();
      // Long enough to notice that the client has left, short enough that no other limit helps.
      await server.pass(5_000);
      await server.ended();
      const [{ status, error }, ...others] = server.ends;
      assertEquals([status, error?.kind ?? "none"], [...expected(phase, misdeed)]);
      assertEquals([others.length, server.wheel.armedCount], [0, 0]);
      assert(server.client.isClosed);
    });
  }
}
