import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import { MetricRegistry, toFetch } from "../../../core/mod.ts";
import {
  adminHandler,
  type AdminHandlerOptions,
  prometheusHandler,
  prometheusText,
} from "../../../core/prometheus/mod.ts";

function filled(): MetricRegistry {
  const registry = new MetricRegistry();
  const jobs = registry.counter("jobs_total", "Jobs \\ done.\nAll.", { labels: ["queue", "zone"] });
  jobs.labels({ queue: 'a"b\\c\nd', zone: "" }).add(3);
  registry.gauge("open", "Open.").labels({}).set(-1.5);
  const sizes = registry.histogram("size_bytes", "Sizes.", { labels: ["zone"], buckets: [1, 2.5] });
  for (const value of [1, 2, 3]) sizes.labels({ zone: "x" }).observe(value);
  return registry;
}

Deno.test("prometheusText() writes counters, gauges and histograms", async () => {
  assertEquals(await prometheusText(filled()), {
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    text: `# HELP jobs_total Jobs \\\\ done.\\nAll.
# TYPE jobs_total counter
jobs_total{queue="a\\"b\\\\c\\nd"} 3

# HELP open Open.
# TYPE open gauge
open -1.5

# HELP size_bytes Sizes.
# TYPE size_bytes histogram
size_bytes_bucket{le="1",zone="x"} 1
size_bytes_bucket{le="2.5",zone="x"} 2
size_bytes_bucket{le="+Inf",zone="x"} 3
size_bytes_sum{zone="x"} 6
size_bytes_count{zone="x"} 3
`,
  });
});

Deno.test("prometheusText() writes OpenMetrics when asked to", async () => {
  const { contentType, text } = await prometheusText(filled(), { isOpenMetrics: true });
  assertEquals(contentType, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assertStringIncludes(text, "# TYPE jobs counter\njobs_total{");
  assertFalse(text.includes("jobs_total_total"));
  assert(text.endsWith("\n# EOF\n"));
});

/** What a user of prom-client has already. */
function ownRegistry(): Registry {
  const registers = [new Registry()];
  registers[0].setDefaultLabels({ app: "shop" });
  new Counter({ name: "sold_total", help: "Sold.", registers }).inc(2);
  new Gauge({ name: "started", help: "Started.", aggregator: "omit", registers }).set(9);
  const histogram = new Histogram({ name: "price", help: "Price.", buckets: [5], registers });
  histogram.observe(3);
  new Summary({ name: "weight", help: "Weight.", percentiles: [0.5], registers }).observe(4);
  return registers[0];
}

Deno.test("prometheusText() shows the metrics of a user's own registries too", async () => {
  const own = ownRegistry();
  const { text } = await prometheusText(filled(), { registries: [own] });
  for (
    const line of [
      'sold_total{app="shop"} 2',
      'started{app="shop"} 9',
      'price_bucket{le="5",app="shop"} 1',
      'price_count{app="shop"} 1',
      'weight{quantile="0.5",app="shop"} 4',
      "open -1.5",
    ]
  ) {
    assertStringIncludes(text, `\n${line}\n`);
  }
});

Deno.test("prometheusText() leaves a user's registry as it is when it writes OpenMetrics", async () => {
  const own = ownRegistry();
  const before = await own.metrics();
  const { text } = await prometheusText(filled(), { registries: [own], isOpenMetrics: true });
  assertStringIncludes(text, '# TYPE sold counter\nsold_total{app="shop"} 2\n');
  assertEquals(await own.metrics(), before);
});

Deno.test("prometheusHandler() answers in the format that Accept prefers", async () => {
  const text = "text/plain; version=0.0.4; charset=utf-8";
  const open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  const cases: [name: string, accept: string | null, contentType: string][] = [
    ["none", null, text],
    ["curl", "*/*", text],
    ["browser", "text/html,application/xhtml+xml,*/*;q=0.8", text],
    [
      "Prometheus 2",
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      open,
    ],
    [
      "Prometheus 3",
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      open,
    ],
    ["text preferred", "application/openmetrics-text;q=0.1, text/plain;q=0.9", text],
    ["OpenMetrics without a version", "application/openmetrics-text", open],
    ["OpenMetrics refused", "application/openmetrics-text;q=0, */*", text],
    ["a version that does not exist", "application/openmetrics-text;version=9.0.0", text],
    ["nothing that exists", "image/png", text],
  ];
  const fetch = toFetch(prometheusHandler(filled()));
  for (const [name, accept, contentType] of cases) {
    const headers: HeadersInit = accept === null ? {} : { accept };
    const response = await fetch(new Request("http://localhost/metrics", { headers }));
    assertEquals(response.headers.get("content-type"), contentType, name);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals((await response.text()).includes("# EOF"), contentType === open, name);
  }
});

async function ask(options: Partial<AdminHandlerOptions>, path: string, init: RequestInit = {}) {
  const fetch = toFetch(adminHandler({ registry: filled(), ...options }));
  const response = await fetch(new Request(`http://localhost${path}`, init));
  return { response, text: await response.text() };
}

Deno.test("adminHandler() answers its paths and 404 to others", async () => {
  const cases: [path: string, status: number, start: string][] = [
    ["/metrics", 200, "# HELP jobs_total"],
    ["/metrics?x=1", 200, "# HELP jobs_total"],
    ["/%6Detrics", 200, "# HELP jobs_total"],
    ["/healthz", 200, "ok\n"],
    ["/readyz", 200, "ready\n"],
    ["/", 404, "not found\n"],
    ["/metrics/", 404, "not found\n"],
    ["/a%2fb", 404, "not found\n"],
  ];
  for (const [path, status, start] of cases) {
    const { response, text } = await ask({}, path);
    assertEquals(response.status, status, path);
    assert(text.startsWith(start), path);
    assertEquals(response.headers.get("cache-control"), "no-store", path);
  }
});

Deno.test("adminHandler() answers 405 with Allow to all but GET and HEAD", async () => {
  const documents = { "/jobs": () => [1] };
  for (const path of ["/metrics", "/healthz", "/readyz", "/jobs"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { response } = await ask({ documents }, path, { method });
      assertEquals(response.status, 405);
      assertEquals(response.headers.get("allow"), "GET, HEAD");
      assertEquals(response.headers.get("cache-control"), "no-store");
    }
    const get = await ask({ documents }, path);
    const head = await ask({ documents }, path, { method: "HEAD" });
    assertEquals([head.response.status, head.text], [200, ""]);
    assertEquals([...head.response.headers.keys()], [...get.response.headers.keys()]);
  }
});

Deno.test("adminHandler() shows documents as JSON, made when somebody asks", async () => {
  let count = 0;
  const documents = { "/a": () => ({ count: ++count }), "/b/c": () => undefined };
  const first = await ask({ documents }, "/a");
  assertEquals(first.text, '{\n  "count": 1\n}\n');
  assertEquals(first.response.headers.get("content-type"), "application/json");
  assertEquals(first.response.headers.get("cache-control"), "no-store");
  assertEquals((await ask({ documents }, "/a?x")).text, '{\n  "count": 2\n}\n');
  assertEquals((await ask({ documents }, "/b/c")).text, "null\n");
  assertEquals((await ask({ documents }, "/b")).response.status, 404);
});

for (const path of ["/metrics", "/healthz", "/readyz", "jobs", ""]) {
  Deno.test(`adminHandler() refuses a document on "${path}"`, () => {
    const documents = { [path]: () => 1 };
    const make = () => adminHandler({ registry: new MetricRegistry(), documents });
    assertThrows(make, TypeError, `Cannot show a document on ${JSON.stringify(path)}: `);
  });
}

Deno.test("adminHandler() answers /readyz with 503 when it is not ready", async () => {
  const cases: [name: string, isReady: AdminHandlerOptions["isReady"], status: number][] = [
    ["ready", () => true, 200],
    ["ready later", () => Promise.resolve(true), 200],
    ["not ready", () => false, 503],
    ["throws", () => {
      throw new Error("no");
    }, 503],
    ["rejects", () => Promise.reject(new Error("no")), 503],
  ];
  for (const [name, isReady, status] of cases) {
    assertEquals((await ask({ isReady }, "/readyz")).response.status, status, name);
    assertEquals((await ask({ isReady }, "/healthz")).response.status, 200, name);
  }
});

Deno.test("adminHandler() shows a user's own metrics over a server", async () => {
  const handler = adminHandler({ registry: filled(), registries: [ownRegistry()] });
  const serve = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(serve, toFetch(handler));
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/metrics`);
  assertStringIncludes(await response.text(), 'sold_total{app="shop"} 2');
});
