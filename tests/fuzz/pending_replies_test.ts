// A handler that hands its reply on in a call answers as one that gives a promise, whatever happens in between.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Body,
  type Handler,
  PendingReply,
  type Reply,
  reply,
  type ServerExchange,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { serveInMemory } from "./_memory_server.ts";
import { fuzzSettings } from "./_settings.ts";

type Step =
  | { readonly do: "send"; readonly requests: readonly ("get" | "post" | "head")[] }
  | { readonly do: "answer"; readonly what: "short" | "stream" | "broken" | "bad" | "error" }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "fail"; readonly fault: "reset" | "vanish" | "half-close" | "stall" }
  | { readonly do: "drain" | "close" | "cut" | "resume" | "abort" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      requests: fc.array(fc.constantFrom("get", "post", "head"), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      what: fc.constantFrom("short", "stream", "broken", "bad", "error"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(100, 1_100, 5_200),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      fault: fc.constantFrom("reset", "vanish", "half-close", "stall"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("drain", "close", "cut", "resume", "abort"),
    }),
  },
);

interface Script {
  /** Whether the handler fails in the moment that it is told of the end. */
  readonly isListening: boolean;
  readonly steps: readonly { readonly what: Step; readonly isAtOnce: boolean }[];
}

const script: fc.Arbitrary<Script> = fc.record({
  isListening: fc.boolean(),
  steps: fc.array(
    fc.record({ what: step, isAtOnce: fc.boolean() }),
    { maxLength: 14 },
  ),
});

const REQUESTS = {
  get: "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
  head: "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n",
  post: "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
};

/** What a given reply has come to. */
interface Fate {
  released: number;
  isOver: boolean;
}

/** Runs a script; steps of one moment have no turn between them where that is asked for. */
async function run(script: Script, isPending: boolean, hasMoments: boolean) {
  const fates: Fate[] = [];
  const exchanges: ServerExchange[] = [];
  const open: { resolve(reply: Reply): void; reject(error: unknown): void; isOver: boolean }[] = [];
  const handler: Handler = (exchange) => {
    const pending = isPending ? new PendingReply() : null;
    const promised = Promise.withResolvers<Reply>();
    const waiting = {
      isOver: false,
      resolve: (given: Reply) =>
        pending === null ? promised.resolve(given) : pending.resolve(given),
      reject: (error: unknown) => pending === null ? promised.reject(error) : pending.reject(error),
    };
    open.push(waiting);
    exchange.cancel.onCancel((reason) => {
      if (!script.isListening) return;
      waiting.isOver = true;
      waiting.reject(reason);
    });
    return pending ?? promised.promise;
  };
  const server = serveInMemory(handler, {
    limits: { exchangeTimeoutMs: 5_000 },
    hooks: { onExchange: (exchange) => void exchanges.push(exchange) },
  });
  const given = (what: "short" | "stream" | "broken" | "bad"): Reply => {
    const fate: Fate = { released: 0, isOver: false };
    fates.push(fate);
    const made = what === "short" ? reply(200, "ok") : reply(200, scripted(fate, what));
    if (what === "short") fate.isOver = true;
    if (what === "bad") made.reason = "no\r\nline";
    made.release = () => void fate.released++;
    return made;
  };
  for (const { what, isAtOnce } of script.steps) {
    switch (what.do) {
      case "send":
        server.client.send(what.requests.map((each) => REQUESTS[each]).join(""));
        break;
      case "answer": {
        // Those that were abandoned get theirs too.
        const waiting = open.shift();
        if (waiting === undefined || waiting.isOver) break;
        if (what.what === "error") waiting.reject(new ProxyError("connect_refused"));
        else waiting.resolve(given(what.what));
        break;
      }
      case "pass":
        await server.pass(what.ms);
        break;
      case "fail":
        server.client.fail(what.fault);
        break;
      case "resume":
        server.client.resume();
        break;
      case "cut":
      case "abort": {
        const last = exchanges.at(-1);
        const error = new ProxyError("server_stopping");
        // As a drain does whose time is over.
        if (what.do === "cut") server.connection.drain();
        last?.abort(error);
        if (what.do === "cut") last?.abandon?.(error);
        break;
      }
      default:
        server.connection[what.do]();
    }
    if (!hasMoments || !isAtOnce) await server.settle();
  }
  await server.settle();
  const { received, begun } = server;
  const ends = server.ends.map(({ status, error }) => [status, error?.kind]);
  server.connection.close();
  await server.settle();
  for (const waiting of open) waiting.reject(new ProxyError("connect_refused"));
  await server.settle();
  await server.pass(6_000);
  server.client.end();
  await server.ended();
  return { received, ends, begun, fates, server };
}

/** Content of two pieces, the second of which may be none. */
function scripted(fate: Fate, what: "stream" | "broken" | "bad"): Body {
  let reads = 0;
  return {
    read() {
      if (reads++ < 2) return Promise.resolve(new Uint8Array([97 + reads]));
      fate.isOver = true;
      return what === "broken" ? Promise.reject(new Error("broken")) : Promise.resolve(null);
    },
    cancel: () => void (fate.isOver = true),
  } as Body;
}

Deno.test("ServerConnection answers for a PendingReply as for a promise (property)", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (script) => {
      const called = await run(script, true, false);
      const promised = await run(script, false, false);
      assertEquals(
        { ...called, server: called.server.wheel.armedCount },
        { ...promised, server: promised.server.wheel.armedCount },
      );
      assertEquals(called.server.wheel.armedCount, 0);
    }),
    fuzzSettings("called and promised", 300),
  );
});

Deno.test("ServerConnection ends each exchange and gives each reply back once, whatever happens in one moment (property)", async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.boolean(), async (script, isPending) => {
      const { server, fates } = await run(script, isPending, true);
      assertEquals(server.ends.length, server.begun);
      for (const fate of fates) assertEquals(fate, { released: 1, isOver: true });
      assertEquals(server.wheel.armedCount, 0);
    }),
    fuzzSettings("in one moment", 300),
  );
});
