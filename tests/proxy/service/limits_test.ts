import { assertEquals } from "@std/assert";
import { listen, MetricRegistry, type Reply, reply } from "../../../core/mod.ts";
import { breaker, concurrencyLimit, loadShed, rateLimit } from "../../../limits/http/mod.ts";
import { CircuitBreaker, consecutiveFailures, FakeClock } from "../../../timeout/mod.ts";
import { startService } from "./_service.ts";

/** The values of a metric, by its labels' values. */
function values(metrics: MetricRegistry, name: string): Record<string, number> {
  const metric = metrics.snapshot().find((each) => each.name === name);
  if (metric === undefined || metric.kind === "histogram") throw new Error(`Cannot find ${name}`);
  return Object.fromEntries(
    metric.series.map(({ labels, value }) => [Object.values(labels).join(" "), value]),
  );
}

async function get(url: string): Promise<[status: number, retryAfter: string | null]> {
  const response = await fetch(url);
  await response.body?.cancel();
  return [response.status, response.headers.get("retry-after")];
}

/** An upstream that answers when it is told to. */
async function held() {
  const replies: ((reply: Reply) => void)[] = [];
  const waiting: (() => void)[] = [];
  const listener = await listen({ address: "127.0.0.1:0" }, () => {
    waiting.shift()?.();
    return new Promise<Reply>((resolve) => replies.push(resolve));
  });
  return {
    url: listener.url,
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    answer: () => replies.splice(0).forEach((resolve) => resolve(reply(200, "late"))),
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

Deno.test("rateLimit() in a ProxyService turns away before an upstream is asked, and counts", async () => {
  let asked = 0;
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => {
    asked++;
    return reply(200);
  });
  const metrics = new MetricRegistry();
  await using running = await startService({
    upstreams: [upstream.url],
    middleware: [rateLimit({ rate: "2/h", metrics })],
  });
  assertEquals([await get(running.url), await get(running.url)], [[200, null], [200, null]]);
  assertEquals(await get(running.url), [429, "1800"]);
  assertEquals([asked, running.metric("pingo_balancer_selections_total")], [2, 2]);
  assertEquals(values(metrics, "pingo_rate_limit_requests_total"), {
    "default allowed": 2,
    "default limited": 1,
  });
  await running.whenEnded(3);
  assertEquals(running.ends[2].error?.kind, "rate_limited");
});

Deno.test("concurrencyLimit() in a ProxyService holds a place until the answer has gone, and counts", async () => {
  await using upstream = await held();
  const metrics = new MetricRegistry();
  await using running = await startService({
    upstreams: [upstream.url],
    middleware: [concurrencyLimit({ limit: 1, metrics })],
  });
  const arrived = upstream.next();
  const first = get(running.url);
  await arrived;
  assertEquals(await get(running.url), [503, "1"]);
  assertEquals(values(metrics, "pingo_concurrency_in_flight"), { default: 1 });
  upstream.answer();
  assertEquals(await first, [200, null]);
  await running.whenEnded(2);
  assertEquals(values(metrics, "pingo_concurrency_in_flight"), { default: 0 });
  assertEquals(values(metrics, "pingo_concurrency_rejected_total"), { default: 1 });
  assertEquals(running.ends[0].error?.kind, "overloaded");
});

Deno.test("breaker() in a ProxyService opens by the answers of upstreams, closes by a probe, and counts", async () => {
  let status = 500;
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(status));
  const metrics = new MetricRegistry();
  const clock = new FakeClock();
  const circuit = new CircuitBreaker({ trip: consecutiveFailures(2), openMs: 5_000, clock });
  await using running = await startService({
    upstreams: [upstream.url],
    middleware: [breaker({ breaker: circuit, metrics })],
  });
  let asked = 0;
  const ask = async () => {
    const answer = await get(running.url);
    await running.whenEnded(++asked);
    return answer;
  };
  assertEquals([await ask(), await ask()], [[500, null], [500, null]]);
  assertEquals(await ask(), [503, "5"]);
  assertEquals(values(metrics, "pingo_breaker_open"), { default: 1 });
  status = 200;
  clock.advance(5_000);
  assertEquals(await ask(), [200, null]);
  assertEquals(circuit.state, "closed");
  assertEquals(values(metrics, "pingo_breaker_calls_total"), {
    "default succeeded": 1,
    "default failed": 2,
    "default ignored": 0,
    "default rejected": 1,
  });
  assertEquals(values(metrics, "pingo_breaker_open"), { default: 0 });
  assertEquals(values(metrics, "pingo_breaker_changes_total"), {
    "default open": 1,
    "default half_open": 1,
    "default closed": 1,
  });
  assertEquals(running.ends[2].error?.kind, "circuit_open");
});

Deno.test("loadShed() in a ProxyService turns the less important away first, and counts", async () => {
  await using upstream = await held();
  const metrics = new MetricRegistry();
  await using running = await startService({
    upstreams: [upstream.url],
    middleware: [
      loadShed({ limit: 2, priority: ({ path }) => path === "/report" ? 0.5 : 1, metrics }),
    ],
  });
  const arrived = upstream.next();
  const first = get(running.url);
  await arrived;
  assertEquals(await get(`${running.url}/report`), [503, "1"]);
  const second = upstream.next();
  const other = get(running.url);
  await second;
  assertEquals(await get(running.url), [503, "1"]);
  upstream.answer();
  assertEquals([await first, await other], [[200, null], [200, null]]);
  assertEquals(values(metrics, "pingo_load_shed_total"), { in_flight: 2, lag: 0 });
});

Deno.test("the limits of a ProxyService work together, the outermost first", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  const metrics = new MetricRegistry();
  const lag = { lagMs: 0 };
  await using running = await startService({
    upstreams: [upstream.url],
    middleware: [
      loadShed({ lag, metrics }),
      rateLimit({ rate: "1/h", metrics }),
      concurrencyLimit({ limit: 10, metrics }),
    ],
  });
  lag.lagMs = 1_000;
  assertEquals((await get(running.url))[0], 503);
  lag.lagMs = 0;
  // Who was shed has taken nothing of the rate.
  assertEquals((await get(running.url))[0], 200);
  assertEquals((await get(running.url))[0], 429);
  await running.whenEnded(3);
  assertEquals(values(metrics, "pingo_concurrency_in_flight"), { default: 0 });
});
