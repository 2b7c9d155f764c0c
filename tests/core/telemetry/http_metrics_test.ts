import { assertEquals } from "@std/assert";
import {
  compose,
  type Handler,
  httpMetrics,
  MetricRegistry,
  reply,
  responseHead,
  toFetch,
} from "../../../core/mod.ts";
import { ERROR_KINDS, type ErrorKind, ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { finish, makeExchange } from "./_make.ts";

/** The series of a metric as `label,label` → number; for a histogram its count. */
function numbers(registry: MetricRegistry, name: string): Record<string, number> {
  const metric = registry.snapshot().find((each) => each.name === name);
  if (metric === undefined) throw new Error(`There is no metric ${name}`);
  const key = (labels: Readonly<Record<string, string>>): string => Object.values(labels).join();
  return Object.fromEntries(
    metric.kind === "histogram"
      ? metric.series.map(({ labels, count }) => [key(labels), count])
      : metric.series.map(({ labels, value }) => [key(labels), value]),
  );
}

Deno.test("httpMetrics() counts by method and status, unknown methods together", () => {
  const registry = new MetricRegistry();
  const metrics = httpMetrics(registry, { service: "api" });
  const requests = [["GET", 200], ["GET", 204], ["GET", 200], ["BREW", 418], ["get", 418]] as const;
  for (const [method, status] of requests) {
    const exchange = makeExchange({ method });
    metrics.observe(exchange);
    finish(exchange, status);
  }
  assertEquals(numbers(registry, "pingo_http_requests_total"), {
    "api,GET,200": 2,
    "api,GET,204": 1,
    "api,other,418": 2,
  });
  assertEquals(numbers(registry, "pingo_http_request_duration_seconds"), {
    "api,GET,2xx": 3,
    "api,other,4xx": 2,
  });
});

Deno.test("httpMetrics() counts attempts, and those beyond the first as retries", () => {
  const registry = new MetricRegistry();
  const metrics = httpMetrics(registry, { service: "api" });
  for (const attempts of [0, 1, 3, 2]) {
    const exchange = makeExchange();
    metrics.observe(exchange);
    exchange.timings.attempts = attempts;
    finish(exchange, 200);
  }
  assertEquals(numbers(registry, "pingo_upstream_attempts_total"), { api: 6 });
  assertEquals(numbers(registry, "pingo_upstream_retries_total"), { api: 3 });
});

Deno.test("httpMetrics() counts the method that arrived when a filter has changed it", () => {
  const registry = new MetricRegistry();
  const exchange = makeExchange({ method: "HEAD" });
  httpMetrics(registry).observe(exchange);
  exchange.request.method = "GET";
  finish(exchange, 200);
  assertEquals(numbers(registry, "pingo_http_requests_total"), { ",HEAD,200": 1 });
});

Deno.test("httpMetrics() observes the duration in seconds", () => {
  const registry = new MetricRegistry();
  const clock = new FakeClock();
  const exchange = makeExchange({ clock });
  httpMetrics(registry, { durationBuckets: [0.1, 1] }).observe(exchange);
  clock.advance(250);
  finish(exchange, 200);
  const metric = registry.snapshot().find((each) => each.kind === "histogram");
  assertEquals(metric?.kind === "histogram" && metric.series, [{
    labels: { service: "", method: "GET", status_class: "2xx" },
    cumulative: [0, 1],
    sum: 0.25,
    count: 1,
  }]);
});

Deno.test("httpMetrics() counts bytes and attempts, and leaves out what nobody knows", () => {
  const registry = new MetricRegistry();
  const metrics = httpMetrics(registry);
  for (const [sentBytes, received, attempts] of [[10, 3, 1], [-1, 0, 3], [5, 4, 0]] as const) {
    const exchange = makeExchange();
    metrics.observe(exchange);
    exchange.receivedBytes = received;
    exchange.timings.attempts = attempts;
    finish(exchange, 200, { sentBytes });
  }
  assertEquals(numbers(registry, "pingo_http_sent_bytes_total"), { "": 15 });
  assertEquals(numbers(registry, "pingo_http_received_bytes_total"), { "": 7 });
  assertEquals(numbers(registry, "pingo_upstream_attempts_total"), { "": 4 });
});

Deno.test("httpMetrics() brings requests in flight back to 0 after any end", () => {
  const ends: ErrorKind[] = ["client_gone", "upstream_body_broken", "no_upstream", "internal"];
  const registry = new MetricRegistry();
  const metrics = httpMetrics(registry);
  const inFlight = () => numbers(registry, "pingo_http_requests_in_flight")[""];
  assertEquals(inFlight(), 0);
  for (const kind of [null, ...ends]) {
    for (const hasHead of [true, false]) {
      const exchange = makeExchange();
      metrics.observe(exchange);
      assertEquals(inFlight(), 1);
      if (hasHead) exchange.begin(responseHead(200));
      exchange.end(kind === null ? null : new ProxyError(kind), 0);
      exchange.end(null, 0);
      assertEquals(inFlight(), 0);
    }
  }
  assertEquals(
    numbers(registry, "pingo_http_errors_total"),
    Object.fromEntries(ends.map((kind) => [`,${ERROR_KINDS[kind].label}`, 2])),
  );
  assertEquals(numbers(registry, "pingo_http_requests_total"), {
    ",GET,200": 5,
    ",GET,499": 2,
    ",GET,502": 1,
    ",GET,503": 1,
    ",GET,500": 1,
  });
});

Deno.test("httpMetrics() shares a registry with another service", () => {
  const registry = new MetricRegistry();
  for (const service of ["a", "b"]) {
    const exchange = makeExchange();
    httpMetrics(registry, { service }).observe(exchange);
    finish(exchange, 200);
  }
  const counts = numbers(registry, "pingo_http_requests_total");
  assertEquals(counts, { "a,GET,200": 1, "b,GET,200": 1 });
});

Deno.test("httpMetrics() counts what a server answers, also when the client leaves", async () => {
  const registry = new MetricRegistry();
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const handler: Handler = (exchange) => {
    if (exchange.path !== "/slow") return reply(200, "hello");
    exchange.onEnd(() => ended.resolve());
    started.resolve();
    return new Promise((_, reject) => exchange.cancel.onCancel(reject));
  };
  const serve = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(serve, toFetch(compose([httpMetrics(registry)], handler)));
  const { port } = server.addr;
  assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "hello");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
  await started.promise;
  assertEquals(numbers(registry, "pingo_http_requests_in_flight"), { "": 1 });
  conn.close();
  await ended.promise;
  await server.shutdown();
  assertEquals(numbers(registry, "pingo_http_requests_in_flight"), { "": 0 });
  assertEquals(numbers(registry, "pingo_http_requests_total"), { ",GET,200": 1, ",GET,499": 1 });
  assertEquals(numbers(registry, "pingo_http_errors_total"), { ",client_gone": 1 });
  assertEquals(numbers(registry, "pingo_http_sent_bytes_total"), { "": 5 });
});
