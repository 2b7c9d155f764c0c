import { assertEquals, assertThrows } from "@std/assert";
import { MetricRegistry } from "@pingo/pingo/core";
import {
  HostBreakers,
  type HostBreakersOptions,
  LoadBalancer,
  StickySession,
} from "@pingo/pingo/loadbalancing";
import { consecutiveFailures, FakeClock } from "@pingo/pingo/timeout";
import { exchange, outcome } from "./_support.ts";

/** A balancer of `a` and `b` with breakers that open at the first failure, for a second. */
function scene(options: HostBreakersOptions = {}) {
  const clock = new FakeClock();
  const breakers = new HostBreakers({
    trip: consecutiveFailures(1),
    openMs: 1_000,
    clock,
    ...options,
  });
  const balancer = new LoadBalancer({
    backends: ["a:1", "b:1"],
    isEligible: breakers.isEligible,
    clock,
  });
  const upstream = breakers.guard(balancer);
  const select = () => upstream.select(exchange({ clock }), { tried: [] });
  return { clock, breakers, balancer, select };
}

/** Whom so many choices fall on, each of them ending well. */
function ids(select: ReturnType<typeof scene>["select"], times: number): string[] {
  return Array.from({ length: times }, () => {
    const selection = select();
    selection.settle?.(outcome(200));
    return selection.backend.id;
  });
}

Deno.test("HostBreakers keeps attempts from a backend that failed, then asks it once", () => {
  const { clock, breakers, balancer, select } = scene();
  const [a] = balancer.backends.backends;
  select().settle?.(outcome(503));
  assertEquals(breakers.stateOf(a), "open");
  assertEquals(ids(select, 4), ["b:1", "b:1", "b:1", "b:1"]);
  clock.advance(1_000);
  const probe = [select(), select(), select()].filter(({ backend }) => backend === a);
  assertEquals([probe.length, breakers.stateOf(a)], [1, "half_open"]);
  probe[0].settle?.(outcome(200));
  assertEquals(breakers.stateOf(a), "closed");
  assertEquals(ids(select, 2).sort(), ["a:1", "b:1"]);
});

Deno.test("HostBreakers opens again when the probe fails, and frees its place when it says nothing", () => {
  const { clock, breakers, balancer, select } = scene();
  const [a, b] = balancer.backends.backends;
  b.disable();
  select().settle?.(outcome("connect_refused"));
  clock.advance(1_000);
  select().settle?.(outcome("client_gone"));
  assertEquals(breakers.stateOf(a), "half_open");
  select().settle?.(outcome("upstream_timeout"));
  assertEquals(breakers.stateOf(a), "open");
  assertThrows(select, Error, "Cannot choose a backend");
});

Deno.test("HostBreakers does not take the end of an older attempt for that of a probe", () => {
  const { clock, breakers, balancer, select } = scene();
  const [a, b] = balancer.backends.backends;
  b.disable();
  const [older, failing] = [select(), select()];
  failing.settle?.(outcome(500));
  clock.advance(1_000);
  const probe = select();
  older.settle?.(outcome(200));
  assertEquals(breakers.stateOf(a), "half_open");
  probe.settle?.(outcome(200));
  assertEquals(breakers.stateOf(a), "closed");
});

Deno.test("HostBreakers lets so many probes through as halfOpenProbes says, and waits for all of them", () => {
  const { clock, breakers, balancer, select } = scene({ halfOpenProbes: 2 });
  const [a, b] = balancer.backends.backends;
  b.disable();
  select().settle?.(outcome(503));
  clock.advance(1_000);
  const probes = [select(), select()];
  assertThrows(select, Error, "Cannot choose a backend");
  probes[0].settle?.(outcome(200));
  assertEquals(breakers.stateOf(a), "half_open");
  probes[1].settle?.(outcome(200));
  assertEquals(breakers.stateOf(a), "closed");
});

Deno.test("HostBreakers chooses another backend when it finds out that probes are overdue", () => {
  const { clock, breakers, balancer, select } = scene({ probeTimeoutMs: 5_000 });
  const [a] = balancer.backends.backends;
  select().settle?.(outcome(503));
  clock.advance(1_000);
  const held = [select(), select()];
  clock.advance(5_000);
  assertEquals(ids(select, 4), ["b:1", "b:1", "b:1", "b:1"]);
  assertEquals(breakers.stateOf(a), "open");
  for (const selection of held) selection.settle?.(outcome(200));
  assertEquals(balancer.backends.backends.map(({ leases }) => leases), [0, 0]);
  assertEquals(a.statistics.failed, 1);
});

Deno.test("HostBreakers gives up when the balancer does not ask it", () => {
  const breakers = new HostBreakers({ trip: consecutiveFailures(1) });
  const balancer = new LoadBalancer({ backends: ["a:1", "b:1"] });
  const select = () => breakers.guard(balancer).select(exchange(), { tried: [] });
  select().settle?.(outcome(500));
  select().settle?.(outcome(500));
  assertThrows(select, Error, "its circuit is open");
  assertEquals(balancer.backends.backends.map(({ leases }) => leases), [0, 0]);
});

Deno.test("HostBreakers settles the selection and the permit once", () => {
  const { breakers, balancer, select } = scene({ trip: consecutiveFailures(2) });
  const [a] = balancer.backends.backends;
  const selection = select();
  selection.settle?.(outcome(500));
  selection.settle?.(outcome(500));
  assertEquals([breakers.stateOf(a), a.leases, a.statistics.failed], ["closed", 0, 1]);
});

Deno.test("HostBreakers guards a sticky session too", () => {
  const { breakers, balancer } = scene();
  using sticky = new StickySession(balancer, { secret: "sixteen letters!" });
  const upstream = breakers.guard(sticky);
  upstream.select(exchange(), { tried: [] }).settle?.(outcome(500));
  assertEquals(upstream.select(exchange(), { tried: [] }).backend.id, "b:1");
});

Deno.test("HostBreakers.breakerOf() isolates a backend by hand", () => {
  const { breakers, balancer, select } = scene();
  {
    using _maintenance = breakers.breakerOf(balancer.backends.backends[0]).isolate();
    assertEquals(ids(select, 3), ["b:1", "b:1", "b:1"]);
  }
  assertEquals(ids(select, 2).sort(), ["a:1", "b:1"]);
});

Deno.test("HostBreakers counts changes, and tells which circuits are open", () => {
  const metrics = new MetricRegistry();
  const { clock, select } = scene({ name: "api", metrics });
  select().settle?.(outcome(503));
  const open = () =>
    metrics.snapshot().flatMap((metric) =>
      metric.kind === "gauge" && metric.name === "pingo_host_breaker_open" ? metric.series : []
    );
  assertEquals(open(), [{ labels: { balancer: "api", backend: "a:1" }, value: 1 }]);
  clock.advance(1_000);
  ids(select, 2);
  assertEquals(open().map(({ value }) => value), [0, 0]);
  const changes = metrics.snapshot().flatMap((metric) =>
    metric.kind === "counter" && metric.name === "pingo_host_breaker_changes_total"
      ? metric.series.map(({ labels, value }) => [labels.backend, labels.to, value])
      : []
  );
  assertEquals(changes, [["a:1", "open", 1], ["a:1", "half_open", 1], ["a:1", "closed", 1]]);
});

Deno.test("HostBreakers refuses at once what a breaker does", () => {
  assertThrows(() => new HostBreakers({ halfOpenProbes: 0 }), RangeError, "halfOpenProbes");
  assertThrows(() => new HostBreakers({ openMs: -1 }), RangeError, "openMs");
  assertThrows(() => new HostBreakers({ probeTimeoutMs: -1 }), RangeError);
});
