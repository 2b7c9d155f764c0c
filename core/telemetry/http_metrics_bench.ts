import { systemClock } from "../../timeout/mod.ts";
import { requestHead, responseHead, ServerExchange } from "../http/mod.ts";
import { httpMetrics } from "./http_metrics.ts";
import { MetricRegistry } from "./metric_registry.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;
const request = requestHead({ authority: "www.example.com" });
const head = responseHead(200);
const registry = new MetricRegistry();
const metrics = httpMetrics(registry);
const counter = registry.counter("bench_total", "Bench.", { labels: ["method", "status"] });
const kept = counter.labels({ method: "GET", status: "200" });
const histogram = registry.histogram("bench_seconds", "Bench.").labels({});

function run(isMeasured: boolean): void {
  const exchange = new ServerExchange(request, { client, clock: systemClock });
  if (isMeasured) metrics.observe(exchange);
  exchange.begin(head);
  exchange.end(null, 5120);
}

Deno.bench("no metrics", { group: "one exchange with metrics", baseline: true }, () => run(false));
Deno.bench("httpMetrics", { group: "one exchange with metrics" }, () => run(true));

Deno.bench("series kept", { group: "one count", baseline: true }, () => kept.add());
Deno.bench("series looked up", { group: "one count" }, () => {
  counter.labels({ method: "GET", status: "200" }).add();
});
Deno.bench("histogram, first buckets", { group: "one count" }, () => histogram.observe(0.002));
Deno.bench("histogram, last bucket", { group: "one count" }, () => histogram.observe(60));
