import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  bodyFrom,
  type Exchange,
  type Handler,
  listen,
  type Listener,
  memoryTransport,
  reply,
  requestHead,
  ServerExchange,
  toReply,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { LoadBalancer } from "../../loadbalancing/mod.ts";
import { HttpProxy, type HttpProxyOptions, type ProxyHedge } from "../../proxy/mod.ts";
import { FakeClock, RetryBudget, sleep } from "../../timeout/mod.ts";
import { until } from "../integration/_until.ts";
import { rawClient, rawServer } from "../support/raw.ts";

/** A server that answers when its exchange is over, and tells how often it was asked and left. */
async function stalls() {
  const seen = { asked: 0, left: 0 };
  const listener = await listen({ address: "127.0.0.1:0" }, ({ cancel }) => {
    seen.asked++;
    return new Promise((_, reject) =>
      cancel.onCancel((reason) => {
        seen.left++;
        reject(reason);
      })
    );
  });
  return { ...disposable(listener), seen };
}

async function answers(handler: Handler) {
  const seen = { asked: 0 };
  const listener = await listen({ address: "127.0.0.1:0" }, (exchange) => {
    seen.asked++;
    return handler(exchange);
  });
  return { ...disposable(listener), seen };
}

const disposable = (listener: Listener) => ({
  url: listener.url,
  [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
});

/** A proxy before servers that are taken in turn, beginning with the first. */
async function serve(
  servers: readonly { readonly url: string }[],
  hedge: ProxyHedge,
  options: Partial<HttpProxyOptions> = {},
) {
  const balancer = new LoadBalancer({ backends: servers.map(({ url }) => url) });
  const ends: { attempts: number; port: number | undefined; error: string | undefined }[] = [];
  const proxy = new HttpProxy({
    upstream: balancer,
    hedge,
    ...options,
    filters: [...options.filters ?? [], {
      finished: ({ timings, peer }, { error }) => {
        ends.push({ attempts: timings.attempts, port: peer?.port, error: error?.kind });
      },
    }],
  });
  const front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  return {
    proxy,
    balancer,
    ends,
    url: front.url,
    counts: () =>
      balancer.backends.backends.map(({ leases, statistics: { succeeded, failed, aborted } }) => ({
        leases,
        succeeded,
        failed,
        aborted,
      })),
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const get = async (url: string, init?: RequestInit): Promise<[number, string]> => {
  const response = await fetch(url, init);
  return [response.status, await response.text()];
};
const plenty = () => new RetryBudget({ ratio: 1, minPerSecond: 1_000 });
const idle = { leases: 0, succeeded: 0, failed: 0, aborted: 0 };

Deno.test("HttpProxy with hedge asks another server when the first is slow, and gives the first one up", async () => {
  await using slow = await stalls();
  await using fast = await answers(() => reply(200, "fast"));
  await using front = await serve([slow, fast], { delayMs: 20 });
  assertEquals(await get(front.url), [200, "fast"]);
  await until("the end is told of", () => front.ends.length === 1);
  // The connection to the slow one was closed, so that it does not work on.
  await until("the slow server has heard of it", () => slow.seen.left === 1);
  assertEquals(front.counts(), [{ ...idle, aborted: 1 }, { ...idle, succeeded: 1 }]);
  assertEquals(front.proxy.hedges, { sent: 1, won: 1 });
  const port = Number(new URL(fast.url).port);
  assertEquals(front.ends, [{ attempts: 2, port, error: undefined }]);
  assertEquals([slow.seen.asked, fast.seen.asked], [1, 1]);
});

Deno.test("HttpProxy with hedge asks nobody else when the first answers in time", async () => {
  await using first = await answers(() => reply(200, "first"));
  await using other = await answers(() => reply(200, "other"));
  await using front = await serve([first, other], { delayMs: 60_000 });
  assertEquals(await get(front.url), [200, "first"]);
  assertEquals(front.proxy.hedges, { sent: 0, won: 0 });
  assertEquals(other.seen.asked, 0);
});

Deno.test("HttpProxy with hedge takes the answer of the first when that comes first", async () => {
  await using second = await stalls();
  await using first = await answers(async () => {
    await until("the second server was asked", () => second.seen.asked === 1);
    return reply(200, "x".repeat(500_000));
  });
  await using front = await serve([first, second], { delayMs: 5 });
  assertEquals(await get(front.url), [200, "x".repeat(500_000)]);
  await until("the second server has heard of it", () => second.seen.left === 1);
  await until("the end is told of", () => front.ends.length === 1);
  assertEquals(front.counts(), [{ ...idle, succeeded: 1 }, { ...idle, aborted: 1 }]);
  assertEquals(front.proxy.hedges, { sent: 1, won: 0 });
  assertEquals(front.ends[0].port, Number(new URL(first.url).port));
});

const unhedged: { name: string; method: string; fields?: string; body?: string }[] = [
  { name: "a POST", method: "POST" },
  { name: "a PATCH", method: "PATCH" },
  { name: "a PUT with content", method: "PUT", fields: "Content-Length: 2\r\n", body: "hi" },
  { name: "a PUT with empty content", method: "PUT", fields: "Content-Length: 0\r\n" },
  { name: "a GET with content", method: "GET", fields: "Content-Length: 2\r\n", body: "hi" },
  { name: "an upgrade", method: "GET", fields: "Connection: upgrade\r\nUpgrade: websocket\r\n" },
];
for (const { name, method, fields = "", body = "" } of unhedged) {
  Deno.test(`HttpProxy with hedge sends ${name} once, however slow`, async () => {
    await using slow = await answers(async ({ clock, signal }) => {
      await sleep(60, { clock, signal });
      return reply(200, "slow");
    });
    await using other = await answers(() => reply(200, "other"));
    await using front = await serve([slow, other], { delayMs: 0, budget: plenty() });
    using client = await rawClient(Number(new URL(front.url).port));
    await client.send(`${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`);
    assertEquals((await client.readMessage()).body, "slow");
    assertEquals([slow.seen.asked, other.seen.asked, front.proxy.hedges?.sent], [1, 0, 0]);
  });
}

for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]) {
  Deno.test(`HttpProxy with hedge sends ${method} without content to a second server`, async () => {
    await using slow = await stalls();
    await using fast = await answers(() => reply(200));
    await using front = await serve([slow, fast], { delayMs: 0, budget: plenty() });
    using client = await rawClient(Number(new URL(front.url).port));
    await client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertEquals((await client.readUntil("\r\n\r\n")).slice(0, 15), "HTTP/1.1 200 OK");
    assertEquals(front.proxy.hedges, { sent: 1, won: 1 });
  });
}

Deno.test("HttpProxy with hedge waits for the first server when the second answers with 503", async () => {
  await using second = await answers(() => reply(503, "busy"));
  await using first = await answers(async () => {
    await until("the second server was asked", () => second.seen.asked === 1);
    await sleep(30);
    return reply(200, "good");
  });
  await using front = await serve([first, second], { delayMs: 1 });
  assertEquals(await get(front.url), [200, "good"]);
  await until("the end is told of", () => front.ends.length === 1);
  assertEquals(front.counts(), [{ ...idle, succeeded: 1 }, { ...idle, failed: 1 }]);
});

Deno.test("HttpProxy with hedge passes a 503 on when the other server does no better", async () => {
  await using second = await answers(() => reply(503, "busy"));
  await using first = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await until("the second server was asked", () => second.seen.asked === 1);
    await sleep(30);
    // It closes without an answer.
  });
  await using front = await serve([{ url: first.address }, second], { delayMs: 1 });
  assertEquals(await get(front.url), [503, "busy"]);
  await until("the end is told of", () => front.ends.length === 1);
  assertEquals(front.counts(), [{ ...idle, failed: 1 }, { ...idle, failed: 1 }]);
});

Deno.test("HttpProxy with hedge tries a third server when two have failed", async () => {
  const asked = Promise.withResolvers<void>();
  await using first = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await asked.promise;
  });
  await using second = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    asked.resolve();
  });
  await using third = await answers(() => reply(200, "third"));
  await using front = await serve(
    [{ url: first.address }, { url: second.address }, third],
    { delayMs: 5, budget: plenty() },
    { retry: { maxAttempts: 2, failures: ["connection_reset"] } },
  );
  assertEquals(await get(front.url), [200, "third"]);
  await until("the end is told of", () => front.ends.length === 1);
  assertEquals(front.counts(), [
    { ...idle, failed: 1 },
    { ...idle, failed: 1 },
    { ...idle, succeeded: 1 },
  ]);
  assertEquals(front.ends[0].attempts, 3);
});

Deno.test("HttpProxy with hedge sends nothing twice to the only server", async () => {
  await using only = await answers(async () => {
    await sleep(40);
    return reply(200, "only");
  });
  await using front = await serve([only], { delayMs: 0, budget: plenty() });
  assertEquals(await get(front.url), [200, "only"]);
  await until("the end is told of", () => front.ends.length === 1);
  assertEquals([only.seen.asked, front.proxy.hedges?.sent], [1, 0]);
  assertEquals(front.counts()[0].leases, 0);
});

Deno.test("HttpProxy with hedge gives both servers up when the client leaves", async () => {
  await using one = await stalls();
  await using two = await stalls();
  await using front = await serve([one, two], { delayMs: 1 });
  const client = await rawClient(Number(new URL(front.url).port));
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("both were asked", () => one.seen.asked + two.seen.asked === 2);
  client.close();
  await until("both have heard of it", () => one.seen.left + two.seen.left === 2);
  await until("the end is told of", () => front.ends.length === 1);
  assertEquals(front.ends[0].error, "client_gone");
  assertEquals(front.counts(), [{ ...idle, aborted: 1 }, { ...idle, aborted: 1 }]);
});

Deno.test("HttpProxy with hedge runs upstreamRequest on a fresh copy for each server", async () => {
  await using slow = await stalls();
  await using fast = await answers(({ request }) =>
    reply(200, `${request.authority} ${request.headers.get("x-for")}`)
  );
  const ports: (number | undefined)[] = [];
  await using front = await serve([slow, fast], { delayMs: 1 }, {
    forwarding: { rewriteHost: true },
    filters: [{
      upstreamRequest: ({ peer }, head) => {
        ports.push(peer?.port);
        head.headers.append("x-for", String(peer?.port));
      },
    }],
  });
  const { host, port } = new URL(fast.url);
  assertEquals(await get(front.url), [200, `${host} ${port}`]);
  assertEquals(ports, [Number(new URL(slow.url).port), Number(port)]);
});

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;

/** A proxy before peers of which the even ones never answer, by a clock that the test moves. */
function scene(hedge: ProxyHedge, options: Partial<HttpProxyOptions> = {}) {
  const clock = new FakeClock();
  let chosen = 0;
  const proxy = new HttpProxy({
    upstream: () => ({ hostname: `h${chosen++}`, port: 80, transport: "tcp", scheme: "http" }),
    hedge: { clock, ...hedge },
    ...options,
    transport: {
      ...memoryTransport(() => reply(200)),
      exchange: (_head, _body, { peer, cancel }) =>
        Number(peer.hostname.slice(1)) % 2 === 0
          ? new Promise((_, reject) => cancel.onCancel(reject))
          : Promise.resolve(reply(200)),
    },
  });
  const ask = async (ms: number): Promise<number | null> => {
    chosen += chosen % 2;
    const exchange = new ServerExchange(requestHead({ authority: "a" }), { client, clock });
    const answer = proxy.handle(exchange);
    await clock.advanceAsync(ms);
    const hasWon = exchange.timings.upstreamHead >= 0;
    if (!hasWon) exchange.abort(new ProxyError("client_gone"));
    const { status } = toReply(await answer);
    exchange.end(null, 0);
    return hasWon ? status : null;
  };
  return { proxy, clock, ask };
}

Deno.test("HttpProxy hedges no more than the budget allows: one in twenty and one a second by default", async () => {
  const share = scene({
    delayMs: 10,
    budget: new RetryBudget({ ratio: 0.1, minPerSecond: 0, clock: new FakeClock() }),
  });
  let won = 0;
  for (let i = 0; i < 100; i++) won += await share.ask(20) === 200 ? 1 : 0;
  assertEquals([won, share.proxy.hedges], [10, { sent: 10, won: 10 }]);
  assertEquals(share.clock.timerCount, 0);
  // Ten seconds' worth of one a second, and a twentieth of what was asked.
  const start = performance.now();
  const byDefault = scene({ delayMs: 10 });
  for (let i = 0; i < 100; i++) await byDefault.ask(20);
  const sent = byDefault.proxy.hedges?.sent ?? 0;
  // It goes by the system's clock, of which a busy machine takes more.
  const seconds = Math.ceil((performance.now() - start) / 1_000);
  assert(sent >= 10 && sent <= 15 + 2 * seconds, `${sent} were sent in ${seconds} s`);
});

Deno.test("HttpProxy pays a budget that hedging and retries share once for each request", async () => {
  const budget = new RetryBudget({ ratio: 0.1, minPerSecond: 0, clock: new FakeClock() });
  const { proxy, ask } = scene({ delayMs: 10, budget }, { retry: { budget } });
  let won = 0;
  for (let i = 0; i < 100; i++) won += await ask(20) === 200 ? 1 : 0;
  assertEquals([won, proxy.hedges], [10, { sent: 10, won: 10 }]);
});

Deno.test("HttpProxy with hedge takes nothing out of the budget where nobody else can be asked", async () => {
  await using only = await answers(async () => {
    await sleep(40);
    return reply(200, "only");
  });
  const budget = new RetryBudget({ ratio: 0, minPerSecond: 1, clock: new FakeClock() });
  await using front = await serve([only], { delayMs: 0, budget });
  for (let i = 0; i < 3; i++) assertEquals(await get(front.url), [200, "only"]);
  assertEquals([budget.balance, budget.refused, front.proxy.hedges?.sent], [10, 0, 0]);
});

Deno.test("HttpProxy hedges after delayMs on sockets too, where timeouts have a tick of 100 ms", async () => {
  await using slow = await stalls();
  await using fast = await answers(() => reply(200, "fast"));
  await using front = await serve([slow, fast], { delayMs: 10, budget: plenty() });
  let fastestMs = Infinity;
  for (let i = 0; i < 10; i++) {
    const start = performance.now();
    assertEquals(await get(front.url), [200, "fast"]);
    // Every other request begins with the slow one.
    if (front.proxy.hedges?.won === i / 2 + 1) {
      fastestMs = Math.min(fastestMs, performance.now() - start);
    }
  }
  assert(fastestMs >= 10 && fastestMs < 60, `the fastest of five took ${fastestMs} ms`);
});

Deno.test("HttpProxy with hedge decides on a retry by the connection of the attempt that failed last", async () => {
  const clock = new FakeClock();
  const asked: string[] = [];
  const proxy = new HttpProxy({
    upstream: (_exchange, { tried }) => ({
      hostname: `h${tried.length}`,
      port: 80,
      transport: "tcp",
      scheme: "http",
    }),
    hedge: { delayMs: 10, budget: plenty(), clock },
    transport: {
      ...memoryTransport(() => reply(200)),
      exchange(_head, _body, { peer: { hostname }, observer }) {
        asked.push(hostname);
        // The first connection is an old one, which its server closes in this very moment.
        observer?.connected?.({ isReused: hostname === "h0" });
        if (hostname === "h2") return Promise.resolve(reply(200));
        const delayMs = hostname === "h0" ? 30 : 5;
        return new Promise((_, reject) =>
          clock.setTimer(() => reject(new ProxyError("connection_reset")), delayMs)
        );
      },
    },
  });
  const exchange = new ServerExchange(requestHead({ authority: "a" }), { client, clock });
  const answer = proxy.handle(exchange);
  await clock.advanceAsync(100);
  assertEquals([toReply(await answer).status, asked], [200, ["h0", "h1", "h2"]]);
  exchange.end(null, 0);
});

Deno.test("HttpProxy hedges after delayMs and not before", async () => {
  const { ask } = scene({ delayMs: 100, budget: plenty() });
  assertEquals([await ask(99), await ask(100)], [null, 200]);
});

Deno.test("HttpProxy hedges after an estimate, and feeds it with what both attempts took", async () => {
  const taken: number[] = [];
  const delayMs = { currentMs: 50, record: (ms: number) => void taken.push(ms) };
  const { ask, proxy } = scene({ delayMs, budget: plenty() });
  assertEquals([await ask(49), taken], [null, []]);
  assertEquals([await ask(50), taken], [200, [0, 50]]);
  delayMs.currentMs = NaN;
  assertEquals([await ask(10_000), proxy.hedges?.sent], [null, 1]);
});

Deno.test("HttpProxy without hedge makes no second attempt, and has nothing to tell of it", async () => {
  await using slow = await answers(async () => {
    await sleep(20);
    return reply(200, "slow");
  });
  await using other = await answers(() => reply(200, "other"));
  await using proxy = new HttpProxy({
    upstream: new LoadBalancer({ backends: [slow.url, other.url] }),
    hedge: null,
  });
  await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  assertEquals(await get(front.url), [200, "slow"]);
  assertEquals([proxy.hedges, other.seen.asked], [null, 0]);
});

for (const delayMs of [-1, NaN, Infinity]) {
  Deno.test(`HttpProxy refuses hedge.delayMs ${delayMs}`, () => {
    const make = () => new HttpProxy({ upstream: "a:1", hedge: { delayMs } });
    assertThrows(make, RangeError, `hedge.delayMs ${delayMs} is not a finite number from 0 on`);
  });
}

Deno.test("HttpProxy with hedge settles a choice that comes when it is too late", async () => {
  const clock = new FakeClock();
  const late = Promise.withResolvers<void>();
  const settled: [host: string, error: string | undefined][] = [];
  const choose = (hostname: string) => ({
    peer: { hostname, port: 80, transport: "tcp", scheme: "http" } as const,
    settle: ({ error }: { error: ProxyError | null }) => void settled.push([hostname, error?.kind]),
  });
  const answer = Promise.withResolvers<void>();
  const sent: string[] = [];
  const proxy = new HttpProxy({
    upstream: {
      select: (_exchange: Exchange, { tried }) =>
        tried.length === 0 ? choose("first") : late.promise.then(() => choose("late")),
    },
    hedge: { delayMs: 10, budget: plenty(), clock },
    transport: {
      ...memoryTransport(() => reply(200)),
      async exchange(_head, _body, { peer }) {
        sent.push(peer.hostname);
        await answer.promise;
        return reply(200, bodyFrom("x"));
      },
    },
  });
  const exchange = new ServerExchange(requestHead({ authority: "a" }), { client, clock });
  const replying = proxy.handle(exchange);
  await clock.advanceAsync(10);
  answer.resolve();
  assertEquals(toReply(await replying).status, 200);
  late.resolve();
  await clock.advanceAsync(0);
  assertEquals(settled, [["late", "client_gone"]]);
  exchange.end(null, 0);
  assertEquals(settled, [["late", "client_gone"], ["first", undefined]]);
  assertEquals([sent, proxy.hedges?.sent, exchange.peer?.hostname], [["first"], 0, "first"]);
});
