import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  createLogger,
  listen,
  MetricRegistry,
  type MetricSink,
  reply,
  Server,
} from "../../core/mod.ts";
import { prometheusText } from "../../core/prometheus/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { breaker, concurrencyLimit, loadShed, rateLimit } from "../../limits/http/mod.ts";
import { RedisTokenBucket } from "../../limits/redis/mod.ts";
import { iterableDiscovery } from "../../loadbalancing/mod.ts";
import { ProxyService } from "../../proxy/service/mod.ts";
import { CircuitBreaker, consecutiveFailures, RetryBudget } from "../../timeout/mod.ts";
import { ManualRedis } from "../limits/redis/_manual_redis.ts";
import { checkout } from "../support/checkout.ts";
import { deadAddress } from "../support/ports.ts";
import { productRoots, sourceFiles } from "../support/source_files.ts";

/** A metric as `counter pingo_x_total {service,status}`. */
const lineOf = (kind: string, name: string, labels: readonly string[]): string =>
  `${kind} ${name} {${labels}}`;

/** A sink that writes down what is registered in it. */
function noting(registry: MetricRegistry): { sink: MetricSink; lines: Set<string> } {
  const lines = new Set<string>();
  const sink: MetricSink = {
    counter(name, help, options) {
      lines.add(lineOf("counter", name, options?.labels ?? []));
      return registry.counter(name, help, options);
    },
    gauge(name, help, options) {
      lines.add(lineOf("gauge", name, options?.labels ?? []));
      return registry.gauge(name, help, options);
    },
    histogram(name, help, options) {
      lines.add(lineOf("histogram", name, options?.labels ?? []));
      return registry.histogram(name, help, options);
    },
    onCollect: (fn) => registry.onCollect(fn),
  };
  return { sink, lines };
}

/** The rows of the tables of docs/metrics.md. */
async function pageLines(): Promise<string[]> {
  const page = await Deno.readTextFile(`${checkout}/docs/metrics.md`);
  const rows = page.matchAll(/^\| `(pingo_\w+)` +\| (\w+) +\| ([^|]+?) +\| (\S[^|]+?) +\|$/gm);
  return Array.from(
    rows,
    ([, name, kind, labels]) =>
      lineOf(kind, name, Array.from(labels.matchAll(/`(\w+)`/g), ([, label]) => label)),
  );
}

async function ask(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

/** A proxy with everything switched on, which has been used; gives what it has registered and its numbers. */
async function everything(): Promise<{ lines: Set<string>; registry: MetricRegistry }> {
  const registry = new MetricRegistry();
  const { sink: metrics, lines } = noting(registry);
  await using well = await listen({ address: "127.0.0.1:0" }, () => reply(200, "well"));
  await using ill = await listen({ address: "127.0.0.1:0" }, () => reply(503, "ill"));
  const redis = new ManualRedis();
  redis.isReady = false;
  using shared = new RedisTokenBucket(redis, "1000/s", { metrics, name: "shared" });
  const circuit = new CircuitBreaker({ trip: consecutiveFailures(1000), openMs: 5_000 });
  async function* lists() {
    yield [{ peer: well.url, maxConnections: 9 }, { peer: ill.url }, { peer: deadAddress() }];
    await new Promise(() => {});
  }
  const service = new ProxyService("all", {
    upstreams: iterableDiscovery(lists),
    healthCheckInterval: 60_000,
    outlierEjection: { consecutive5xx: 2 },
    hostBreaker: { trip: consecutiveFailures(1) },
    retry: { maxAttempts: 3, statuses: [503], budget: new RetryBudget() },
    hedge: { delayMs: 10_000 },
    middleware: [
      loadShed({ limit: 1000, metrics }),
      concurrencyLimit({ limit: 1000, metrics }),
      rateLimit({ limiter: shared, metrics }),
      breaker({ breaker: circuit, metrics }),
    ],
    filters: [{
      request: ({ path }) => {
        if (path === "/fails") throw new ProxyError("rate_limited");
      },
    }],
    metrics,
  }).addTcp("127.0.0.1:0");
  await using server = new Server({
    logger: createLogger({ level: "error", sink: { write() {} } }),
  });
  await server.addService(service).start();
  const { url } = service.listeners[0];
  for (let i = 0; i < 6; i++) await ask(url, { method: "PUT", body: "x" });
  await ask(`${url}/fails`);
  return { lines, registry };
}

Deno.test("docs/metrics.md lists each metric once, with its type and its labels", async () => {
  const { lines } = await everything();
  const page = await pageLines();
  assertEquals(page.toSorted(), [...lines].toSorted());
});

Deno.test("docs/metrics.md has every metric that stands in the source", async () => {
  const names = new Set<string>();
  for (const path of await sourceFiles(checkout, productRoots)) {
    const text = await Deno.readTextFile(`${checkout}/${path}`);
    for (const [, name] of text.matchAll(/\.(?:counter|gauge|histogram)\(\s*"(pingo_\w+)"/g)) {
      names.add(name);
    }
  }
  assert(names.size > 30, [...names].join());
  const page = (await pageLines()).map((line) => line.split(" ")[1]);
  assertEquals(page.toSorted(), [...names].toSorted());
});

Deno.test("a proxy that was used has a series of each metric of docs/metrics.md, as Prometheus reads it", async () => {
  const { registry } = await everything();
  const { text } = await prometheusText(registry);
  for (const line of await pageLines()) {
    const [kind, name] = line.split(" ");
    assertStringIncludes(text, `# TYPE ${name} ${kind}\n`);
    // What did not happen has no series: nothing changed a circuit for all, Redis was not up.
    if (/^pingo_breaker_changes|limit_redis_(duration|failures)|outlier_decisions/.test(name)) {
      continue;
    }
    assert(new RegExp(`^${name}(_bucket)?\\{`, "m").test(text), `${name} has no series`);
  }
});
