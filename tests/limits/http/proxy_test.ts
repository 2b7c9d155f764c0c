import { assert, assertEquals } from "@std/assert";
import { type Handler, listen, MetricRegistry, type Middleware, reply } from "../../../core/mod.ts";
import { HttpProxy } from "../../../proxy/mod.ts";
import { CircuitBreaker, consecutiveFailures } from "../../../timeout/mod.ts";
import { AdaptiveConcurrency, ConcurrencyLimit, KeyedTokenBucket } from "@pingo/pingo/limits";
import {
  breaker,
  concurrencyLimit,
  EventLoopLag,
  loadShed,
  rateLimit,
} from "@pingo/pingo/limits/http";
import { freePort } from "../../support/ports.ts";
import { numbers } from "./_exchange.ts";

/** A proxy on real sockets before a handler on real sockets. */
async function proxied(
  handler: Handler,
  ...middleware: Middleware[]
): Promise<{ readonly url: string } & AsyncDisposable> {
  const upstream = await listen({ address: "127.0.0.1:0" }, handler);
  const proxy = new HttpProxy({ upstream: upstream.url, middleware });
  const front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  return {
    url: front.url,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

Deno.test("rateLimit() in a proxy answers with a page, and the upstream hears nothing of it", async () => {
  let heard = 0;
  await using proxy = await proxied(
    () => {
      heard++;
      return reply(200, "hello");
    },
    rateLimit({ limiter: new KeyedTokenBucket("1/h") }),
  );
  const first = await fetch(proxy.url);
  assertEquals([await first.text(), first.headers.get("ratelimit")], [
    "hello",
    '"default";r=0;t=3600',
  ]);
  const second = await fetch(proxy.url, { headers: { accept: "application/problem+json" } });
  assertEquals(second.headers.get("retry-after"), "3600");
  assertEquals(await second.json(), {
    type: "about:blank",
    title: "Too Many Requests",
    status: 429,
    detail: "Too many requests",
  });
  assertEquals(heard, 1);
});

Deno.test("concurrencyLimit() in a proxy gets its place back when the client leaves", async () => {
  const limit = new ConcurrencyLimit(1);
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using proxy = await proxied(async ({ path }) => {
    if (path !== "/slow") return reply(200);
    arrived.resolve();
    await answer.promise;
    return reply(200);
  }, concurrencyLimit({ limit }));
  const client = new AbortController();
  const slow = fetch(`${proxy.url}/slow`, { signal: client.signal }).catch((error) => error);
  await arrived.promise;
  assertEquals(await statusOf(proxy.url), 503);
  client.abort();
  await slow;
  // Until the proxy has heard of it.
  let status = 503;
  while (status === 503) status = await statusOf(proxy.url);
  assertEquals(status, 200);
  answer.resolve();
});

Deno.test("concurrencyLimit() in a proxy holds the place to the last byte of a response", async () => {
  const limit = new ConcurrencyLimit(1);
  const rest = Promise.withResolvers<void>();
  await using proxy = await proxied(
    () =>
      new Response(
        new ReadableStream<Uint8Array>({
          async start(controller) {
            controller.enqueue(new Uint8Array(10));
            await rest.promise;
            controller.close();
          },
        }),
      ),
    concurrencyLimit({ limit }),
  );
  const response = await fetch(proxy.url);
  assertEquals(limit.inFlight, 1);
  rest.resolve();
  assertEquals((await response.bytes()).length, 10);
  while (limit.inFlight > 0) await new Promise((done) => setTimeout(done, 1));
});

Deno.test("breaker() in a proxy opens when the upstream is gone, and closes when it is back", async () => {
  const port = freePort();
  const circuit = new CircuitBreaker({ trip: consecutiveFailures(2), openMs: 20 });
  await using proxy = new HttpProxy({
    upstream: `127.0.0.1:${port}`,
    middleware: [breaker({ breaker: circuit })],
  });
  await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  assertEquals([await statusOf(front.url), await statusOf(front.url)], [502, 502]);
  assertEquals(circuit.state, "open");
  using _hold = circuit.isolate();
  assertEquals(await statusOf(front.url), 503);
  await using _back = await listen({ address: `127.0.0.1:${port}` }, () => reply(200));
  _hold[Symbol.dispose]();
  let status = 503;
  while (status === 503) status = await statusOf(front.url);
  assertEquals([status, circuit.state], [200, "closed"]);
});

Deno.test("all limits in one proxy give back all that they took, under more load than they let in", async () => {
  const metrics = new MetricRegistry();
  const gate = new AdaptiveConcurrency({ probeCalls: 20 });
  const limit = new ConcurrencyLimit(8);
  const circuit = new CircuitBreaker({ trip: consecutiveFailures(1_000) });
  using lag = new EventLoopLag();
  let served = 0;
  await using proxy = await proxied(
    async () => {
      await new Promise((done) => setTimeout(done, 2));
      return reply(++served % 10 === 0 ? 500 : 200, "x".repeat(1_000));
    },
    rateLimit({ limiter: new KeyedTokenBucket("300/h"), metrics }),
    loadShed({ limit: gate, lag, maxLagMs: 10_000, metrics }),
    concurrencyLimit({ limit, metrics }),
    breaker({ breaker: circuit, metrics }),
  );
  const counts = new Map<number, number>();
  for (let round = 0; round < 10; round++) {
    const all = Array.from({ length: 40 }, () => statusOf(proxy.url));
    for (const status of await Promise.all(all)) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const of = (status: number) => counts.get(status) ?? 0;
  assertEquals(of(200) + of(500) + of(503) + of(429), 400);
  assertEquals(of(429), 100);
  assert(of(503) > 0 && of(200) > 0, JSON.stringify([...counts]));
  while (gate.inFlight > 0) await new Promise((done) => setTimeout(done, 1));
  assertEquals([gate.inFlight, limit.inFlight], [0, 0]);
  assertEquals(numbers(metrics, "pingo_concurrency_in_flight"), { default: 0 });
  assertEquals(numbers(metrics, "pingo_rate_limit_requests_total"), {
    "default,allowed": 300,
    "default,limited": 100,
  });
  const shed = numbers(metrics, "pingo_load_shed_total")["in_flight"];
  const rejected = numbers(metrics, "pingo_concurrency_rejected_total")["default"];
  assertEquals(shed + rejected, of(503));
  const calls = numbers(metrics, "pingo_breaker_calls_total");
  assertEquals([calls["default,succeeded"], calls["default,failed"]], [of(200), of(500)]);
});

Deno.test("rateLimit() in a proxy writes its fields on answers of its own and of limits inside", async () => {
  const closed = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  await closed[Symbol.asyncDispose]();
  const circuit = new CircuitBreaker({ trip: consecutiveFailures(1) });
  await using proxy = new HttpProxy({
    upstream: closed.url,
    middleware: [
      rateLimit({ limiter: new KeyedTokenBucket("3/h") }),
      breaker({ breaker: circuit }),
    ],
  });
  await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  const seen: (string | number | null)[][] = [];
  for (let n = 0; n < 4; n++) {
    const { status, headers, body } = await fetch(front.url);
    await body?.cancel();
    seen.push([status, headers.get("ratelimit"), headers.get("ratelimit-policy")]);
  }
  const policy = '"default";q=3;w=3600';
  assertEquals(seen, [
    [502, '"default";r=2;t=1200', policy],
    [503, '"default";r=1;t=2400', policy],
    [503, '"default";r=0;t=3600', policy],
    [429, '"default";r=0;t=1200', policy],
  ]);
});
