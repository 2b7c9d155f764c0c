import { assert, assertEquals } from "@std/assert";
import { createLogger, MetricRegistry, Server } from "../../core/mod.ts";
import { httpCheck } from "../../loadbalancing/mod.ts";
import { ProxyService } from "../../proxy/service/mod.ts";
import { RetryBudget } from "../../timeout/mod.ts";
import { Origin } from "./_origin.ts";
import { SteadyLoad } from "./_steady_load.ts";
import { until } from "./_until.ts";

const SLOW_START_MS = 3_000;

/** The sum of a gauge over its series. */
function gauge(metrics: MetricRegistry, name: string): number {
  const metric = metrics.snapshot().find((each) => each.name === name);
  if (metric?.kind !== "gauge") throw new Error(`Cannot find the gauge ${name}`);
  return metric.series.reduce((sum, { value }) => sum + value, 0);
}

Deno.test("six upstreams of which one is killed, one stalls and one fails half of the time show no client an error after a second", async () => {
  await using all = new AsyncDisposableStack();
  const origins: Origin[] = [];
  for (let n = 0; n < 6; n++) origins.push(all.use(await Origin.start()));
  const [killed, stalling, failing] = origins;
  const metrics = new MetricRegistry();
  const service = new ProxyService("proxy", {
    upstreams: origins.map(({ address }) => address),
    metrics,
    // Three may be bad at once: the fourth attempt is at one that is well.
    retry: {
      maxAttempts: 4,
      statuses: [500, 502, 503, 504],
      failures: ["connection_reset", "upstream_timeout", "upstream_write_failed"],
      budget: new RetryBudget(),
    },
    timeouts: { connectMs: 500, headMs: 500 },
    healthCheckInterval: 200,
    healthCheck: { check: httpCheck({ path: "/healthz" }), timeoutMs: 1_000 },
    outlierEjection: { maxEjectionPercent: 50, baseEjectionMs: 1_000, intervalMs: 500 },
    hostBreaker: { openMs: 500 },
    slowStart: { windowMs: SLOW_START_MS },
    panicThreshold: 0.3,
  }).addTcp("127.0.0.1:0");
  const server = all.use(new Server({ logger: createLogger({ sink: { write() {} } }) }));
  await server.addService(service).start();
  const load = all.use(new SteadyLoad(service.listeners[0].url, 12));
  await until("all are asked", () => origins.every(({ answered }) => answered > 10));
  assertEquals(load.samples.filter(({ problem }) => problem !== null), []);

  const illAt = performance.now();
  stalling.ill = "stalls";
  failing.ill = "fails half";
  await killed.kill();
  const quietFrom = illAt + 1_000;
  await until(
    "there was load for some time",
    () => performance.now() > quietFrom + 3_000 && load.since(quietFrom).length > 300,
  );
  const available = () =>
    service.snapshot().balancer.backends.filter(({ isAvailable }) => isAvailable).length;
  assert(available() <= 4, `${available()} are available`);

  // Who has come back is asked little by little.
  let backAt = 0;
  const counts = () => ({
    of: killed.answered,
    all: origins.reduce((sum, { answered }) => sum + answered, 0),
  });
  const backend = service.backends.get(killed.address);
  backend?.onChange(() => backAt ||= backend.isAvailable ? performance.now() : 0);
  await killed.restart();
  await until("it is back", () => backAt > 0);
  const marks = [counts()];
  for (const part of [1, 2, 3, 4]) {
    await until(
      "a part of its slow start is over",
      () => performance.now() > backAt + part * SLOW_START_MS / 3,
    );
    marks.push(counts());
  }
  const shares = [1, 2, 3, 4].map((i) =>
    (marks[i].of - marks[i - 1].of) / (marks[i].all - marks[i - 1].all)
  );
  assert(shares[0] < shares[2] && shares[0] < shares[3] * 0.7, `its shares were ${shares}`);
  assert(shares[3] > 0.1, `its shares were ${shares}`);

  await load.stop();
  const problems = load.since(quietFrom).filter(({ problem }) => problem !== null);
  assertEquals(problems, [], `of ${load.since(quietFrom).length} requests`);
  for (const name of ["pingo_balancer_leases", "pingo_http_requests_in_flight"]) {
    await until(`${name} is 0`, () => gauge(metrics, name) === 0);
  }
  assertEquals(service.snapshot().balancer.backends.map(({ leases }) => leases), [
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  assertEquals(service.inFlight, 0);
  assertEquals(await server.stop(), { exitCode: 0, problems: [] });
});
