import { assertEquals } from "@std/assert";
import {
  createLogger,
  listen,
  memoryTransport,
  MetricRegistry,
  type Reply,
  reply,
  Server,
} from "../../../core/mod.ts";
import { ProxyService, type ProxyServiceConfig } from "../../../proxy/service/mod.ts";
import { FakeClock, RetryBudget } from "../../../timeout/mod.ts";
import { rawClient } from "../../support/raw.ts";

async function serve(config: Omit<ProxyServiceConfig, "metrics">, maxConnections = 100) {
  const metrics = new MetricRegistry();
  const service = new ProxyService("api", { ...config, metrics })
    .addTcp("127.0.0.1:0", { maxConnections });
  const logger = createLogger({ level: "error", sink: { write() {} } });
  const server = new Server({ logger }).addService(service);
  await server.start();
  const { url } = service.listeners[0];
  return {
    url,
    server,
    port: Number(new URL(url).port),
    /** The values of a metric, by the label beside `service`. */
    values(name: string): Record<string, number> {
      const metric = metrics.snapshot().find((each) => each.name === `pingo_${name}`);
      if (metric === undefined || metric.kind === "histogram") return {};
      return Object.fromEntries(metric.series.map(({ labels: { service, ...rest }, value }) => {
        assertEquals(service, "api");
        return [Object.values(rest).join(), value];
      }));
    },
    async ask(method = "GET"): Promise<number> {
      const response = await fetch(url, { method });
      await response.body?.cancel();
      return response.status;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test("ProxyService tells how many connections to upstreams are busy, idle, opened and used again", async () => {
  const arrived = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<Reply>();
  await using upstream = await listen({ address: "127.0.0.1:0" }, ({ request }) => {
    if (request.method === "GET") return reply(200);
    arrived.resolve();
    return promise;
  });
  await using running = await serve({ upstreams: [upstream.url] });
  const { values, ask } = running;
  const opened = { opened: 0, reused: 0, closed_idle: 0, dirty: 0 };
  assertEquals(values("upstream_connections"), { busy: 0, idle: 0 });
  assertEquals(values("upstream_connections_total"), opened);
  await ask();
  assertEquals(values("upstream_connections"), { busy: 0, idle: 1 });
  const answer = ask("PUT");
  await arrived.promise;
  assertEquals(values("upstream_connections"), { busy: 1, idle: 0 });
  resolve(reply(200));
  await answer;
  assertEquals(values("upstream_connections_total"), { ...opened, opened: 1, reused: 1 });
  assertEquals(values("upstream_connections_total"), { ...opened, opened: 1, reused: 1 });
  assertEquals(values("upstream_pool_waiting"), { "": 0 });
  await running.server.stop();
  assertEquals(values("upstream_connections"), { busy: 0, idle: 0 });
});

Deno.test("ProxyService tells what is left of its retry budget, and what that has refused", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(503));
  const clock = new FakeClock();
  const budget = new RetryBudget({ ratio: 0, minPerSecond: 0.2, ttlMs: 10_000, clock });
  await using running = await serve({
    upstreams: [upstream.url],
    retry: { maxAttempts: 2, statuses: [503], budget },
  });
  const { values, ask } = running;
  assertEquals([values("retry_budget_balance"), values("retry_budget_refused_total")], [
    { "": 2 },
    { "": 0 },
  ]);
  for (let i = 0; i < 5; i++) assertEquals(await ask(), 503);
  assertEquals([values("retry_budget_balance"), values("retry_budget_refused_total")], [
    { "": 0 },
    { "": 3 },
  ]);
  assertEquals(values("upstream_retries_total"), { "": 2 });
  assertEquals(values("upstream_attempts_total"), { "": 7 });
  // It fills by time alone, which no request tells of.
  clock.advance(10_000);
  assertEquals(values("retry_budget_balance"), { "": 2 });
});

Deno.test("ProxyService counts second attempts at another upstream, and those that answered first", async () => {
  await using slow = await listen(
    { address: "127.0.0.1:0" },
    ({ cancel }) => new Promise((_, reject) => cancel.onCancel(reject)),
  );
  await using fast = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  await using running = await serve({
    upstreams: [slow.url, fast.url],
    hedge: { delayMs: 5, budget: new RetryBudget({ ratio: 0, minPerSecond: 0.1 }) },
  });
  const { values, ask } = running;
  assertEquals(values("upstream_hedges_total"), { sent: 0, won: 0 });
  assertEquals(await ask(), 200);
  assertEquals(values("upstream_hedges_total"), { sent: 1, won: 1 });
  assertEquals(values("upstream_attempts_total"), { "": 2 });
  assertEquals(values("upstream_retries_total"), { "": 1 });
});

Deno.test("ProxyService counts connections that it has refused", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  await using running = await serve({ upstreams: [upstream.url] }, 1);
  const { values, port } = running;
  assertEquals(values("listener_refused_total"), { too_many: 0, proxy_header: 0 });
  using first = await rawClient(port);
  await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.readUntil("\r\n\r\n");
  using second = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(await second.read(new Uint8Array(1)).catch(() => null), null);
  assertEquals(values("listener_refused_total"), { too_many: 1, proxy_header: 0 });
});

Deno.test("ProxyService has no pool and no budget to tell of where there is none", async () => {
  const transport = memoryTransport(() => reply(200));
  await using running = await serve({ upstreams: ["a:1"], transport });
  assertEquals(await running.ask(), 200);
  for (const name of ["upstream_connections", "upstream_pool_waiting", "retry_budget_balance"]) {
    assertEquals(running.values(name), {});
  }
});
