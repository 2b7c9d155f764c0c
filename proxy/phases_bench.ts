import {
  memoryTransport,
  reply,
  requestHead,
  ServerExchange,
  type Transport,
} from "../core/mod.ts";
import { systemClock } from "../timeout/mod.ts";
import { type Filter, HttpProxy } from "./mod.ts";

const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
const head = requestHead({
  authority: "example.com",
  target: "/index.html?a=b",
  headers: [["user-agent", "bench"], ["accept", "text/html"], ["accept-encoding", "gzip, br"]],
});

/** The cheapest upstream there can be: what is measured is the proxy. */
const transport: Transport = {
  exchange: () => Promise.resolve(reply(200, "ok")),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

function bench(name: string, filters: Filter[], isBaseline = false): void {
  const proxy = new HttpProxy({ upstream: "app:80", transport, filters });
  Deno.bench({
    name,
    group: "What do the phases of an exchange cost?",
    baseline: isBaseline,
    async fn() {
      const exchange = new ServerExchange(head, { client, clock: systemClock });
      await proxy.handle(exchange);
      exchange.end(null, 2);
    },
  });
}

const syncFilter: Filter = {
  request: () => {},
  upstreamRequest: (_, head) => head.headers.set("x-a", "1"),
  response: (_, head) => head.headers.set("x-b", "1"),
  finished: () => {},
};
const asyncFilter: Filter = {
  request: () => Promise.resolve(),
  upstreamRequest: () => Promise.resolve(),
  response: () => Promise.resolve(),
};

bench("no filter", [], true);
bench("10 filters without hooks", Array.from({ length: 10 }, () => ({})));
bench("1 filter, 4 hooks", [syncFilter]);
bench("10 filters, 4 hooks each", Array.from({ length: 10 }, () => syncFilter));
bench("1 filter, 3 async hooks", [asyncFilter]);

const memory = new HttpProxy({
  upstream: "app:80",
  transport: memoryTransport(() => reply(200, "ok")),
});
Deno.bench({
  name: "no filter, memoryTransport",
  group: "What do the phases of an exchange cost?",
  async fn() {
    const exchange = new ServerExchange(head, { client, clock: systemClock });
    await memory.handle(exchange);
    exchange.end(null, 2);
  },
});
