// Runs without the flag no-legacy-abort, in a process of its own: there the signal of a request fires
// when the response has been sent, too. Prints how each exchange ended, as JSON, in the order of SCENARIOS.
import { bodyFrom } from "../../../core/http/body_sources.ts";
import type { Exchange, ExchangeEnd } from "../../../core/http/exchange.ts";
import { reply } from "../../../core/http/reply.ts";
import { toFetch } from "../../../core/http/to_fetch.ts";
import { rawClient } from "../../support/raw.ts";
import { ScriptedBody } from "./_bodies.ts";

const stalled: ScriptedBody[] = [];
let entered = Promise.withResolvers<void>();

async function answer({ path, cancel }: Exchange) {
  switch (path) {
    case "/bytes":
      return reply(200, "hello");
    case "/empty":
      return reply(204);
    case "/stream":
      return reply(200, new ScriptedBody({ chunks: ["hello", "world"] }));
    case "/native":
      return reply(200, bodyFrom(new Blob(["hello"]).stream()));
    case "/broken":
      return reply(200, new ScriptedBody({ chunks: ["hello"], then: new Error("broken") }));
    case "/stalled":
      stalled.push(new ScriptedBody({ chunks: ["hello"], then: "wait" }));
      return reply(200, stalled[stalled.length - 1]);
    case "/late":
      entered.resolve();
      await new Promise<void>((resolve) => cancel.onCancel(() => resolve()));
      return reply(200, "late");
    default:
      throw new Error("thrown");
  }
}

const counts = new Map<Exchange, number>();
let ended = Promise.withResolvers<ExchangeEnd>();
await using server = Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  },
  toFetch(answer, {
    onExchange: (exchange) =>
      exchange.onEnd((end) => {
        counts.set(exchange, (counts.get(exchange) ?? 0) + 1);
        ended.resolve(end);
      }),
  }),
);

const SCENARIOS = ["bytes", "empty", "stream", "native", "broken", "thrown", "stalled", "late"];
const ends: unknown[] = [];
// Twice, so that what the first round has taught about the platform is seen.
for (const name of [...SCENARIOS, ...SCENARIOS]) {
  ended = Promise.withResolvers();
  entered = Promise.withResolvers();
  using client = await rawClient(server.addr.port);
  await client.send(`GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
  if (name === "stalled") await client.readUntil("hello");
  if (name === "late") await entered.promise;
  if (name === "stalled" || name === "late") client.close();
  const { status, error, sentBytes } = await ended.promise;
  ends.push([name, status, error?.kind ?? null, sentBytes]);
}
console.log(
  JSON.stringify({
    ends,
    counts: [...counts.values()],
    cancels: stalled.map(({ cancels }) => cancels.length),
  }),
);
