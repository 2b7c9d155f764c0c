import { assertEquals } from "@std/assert";
import { MetricRegistry } from "@pingo/pingo/core";
import { balancerMetrics, LoadBalancer } from "@pingo/pingo/loadbalancing";
import { exchange, settle } from "./_support.ts";

/** All values, by the metric's name and the labels that matter here. */
function values(registry: MetricRegistry): Record<string, number> {
  const values: Record<string, number> = {};
  for (const metric of registry.snapshot()) {
    if (metric.kind === "histogram") continue;
    for (const { labels, value } of metric.series) {
      const name = metric.name.replace(/^pingo_balancer_(?:backend_)?/, "");
      const { balancer, backend, result } = labels;
      values[[name, balancer, backend, result].filter(Boolean).join(" ")] = value;
    }
  }
  return values;
}

Deno.test("balancerMetrics() tells of selections, outcomes, leases, health and weight", () => {
  const registry = new MetricRegistry();
  const balancer = new LoadBalancer({ backends: [{ peer: "a:1", weight: 2 }, { peer: "b:1" }] });
  const stop = balancerMetrics(balancer, registry, { name: "api" });
  assertEquals(values(registry), {
    "selections_total api a:1": 0,
    "selections_total api b:1": 0,
    "outcomes_total api a:1 succeeded": 0,
    "outcomes_total api a:1 failed": 0,
    "outcomes_total api a:1 aborted": 0,
    "outcomes_total api b:1 succeeded": 0,
    "outcomes_total api b:1 failed": 0,
    "outcomes_total api b:1 aborted": 0,
    "leases api a:1": 0,
    "leases api b:1": 0,
    "available api a:1": 1,
    "available api b:1": 1,
    "weight api a:1": 2,
    "weight api b:1": 1,
  });
  const held = Array.from({ length: 3 }, () => balancer.select(exchange(), { tried: [] }));
  settle(held[0], 200);
  settle(held[1], "connect_refused");
  const after = values(registry);
  assertEquals(
    [after["selections_total api a:1"], after["selections_total api b:1"]],
    [2, 1],
  );
  assertEquals(
    [after["outcomes_total api a:1 succeeded"], after["outcomes_total api b:1 failed"]],
    [1, 1],
  );
  assertEquals([after["leases api a:1"], after["leases api b:1"]], [1, 0]);

  balancer.backends.get("b:1")?.eject();
  balancer.backends.update([{ peer: "b:1", weight: 9 }, { peer: "c:1" }]);
  const swapped = values(registry);
  const shown = (what: string) => ["a:1", "b:1", "c:1"].map((id) => swapped[`${what} api ${id}`]);
  assertEquals(shown("available"), [0, 0, 1]);
  assertEquals(shown("weight"), [0, 9, 1]);
  assertEquals(shown("leases"), [1, 0, 0]);
  settle(held[2], 503);
  assertEquals(values(registry)["leases api a:1"], 0);
  assertEquals(values(registry)["outcomes_total api a:1 failed"], 1);

  stop();
  settle(balancer.select(exchange(), { tried: [] }));
  balancer.backends.get("c:1")?.disable();
  assertEquals(values(registry)["available api c:1"], 1);
  assertEquals(values(registry)["selections_total api c:1"], 0);
});

Deno.test("balancerMetrics() tells of maxConnections where there is one, and when it is taken away", () => {
  const registry = new MetricRegistry();
  const balancer = new LoadBalancer({ backends: [{ peer: "a:1", maxConnections: 5 }, "b:1"] });
  balancerMetrics(balancer, registry);
  const shown = () => ["a:1", "b:1"].map((id) => values(registry)[`max_connections ${id}`] ?? null);
  assertEquals(shown(), [5, null]);
  balancer.backends.update([{ peer: "a:1", maxConnections: 7 }, { peer: "b:1" }]);
  assertEquals(shown(), [7, null]);
  balancer.backends.update([{ peer: "a:1" }, { peer: "b:1", maxConnections: 1 }]);
  assertEquals(shown(), [Infinity, 1]);
});

Deno.test("balancerMetrics() counts a backend that comes back in the same series", () => {
  const registry = new MetricRegistry();
  const balancer = new LoadBalancer({ backends: ["a:1"] });
  balancerMetrics(balancer, registry);
  settle(balancer.select(exchange(), { tried: [] }));
  balancer.backends.update([]);
  balancer.backends.update([{ peer: "a:1" }]);
  settle(balancer.select(exchange(), { tried: [] }));
  assertEquals(values(registry)["selections_total a:1"], 2);
  assertEquals(values(registry)["available a:1"], 1);
});
