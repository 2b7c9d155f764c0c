import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createLogger,
  listen,
  memoryTransport,
  type Reply,
  reply,
  Server,
  ServiceError,
} from "../../../core/mod.ts";
import {
  type Backend,
  BackendSet,
  BALANCING_METHODS,
  type BalancingMethodName,
  byHeader,
  type DiscoverySink,
  RoundRobin,
} from "../../../loadbalancing/mod.ts";
import { ProxyService, type ProxyServiceConfig } from "../../../proxy/service/mod.ts";
import { consecutiveFailures, FakeClock } from "../../../timeout/mod.ts";
import { deadAddress } from "../../support/ports.ts";
import { type RunningService, startService } from "./_service.ts";

/** A service before `a`, `b` and `c`, which answer with their names, and with these statuses. */
function start(
  config: Partial<ProxyServiceConfig> = {},
  statuses: Record<string, number> = {},
): Promise<RunningService> {
  return startService({
    upstreams: ["a:1", "b:1", "c:1"],
    transport: memoryTransport(Object.fromEntries(["a", "b", "c"].map((name) => {
      return [`${name}:1`, () => reply(statuses[name] ?? 200, name)];
    }))),
    ...config,
  });
}

/** The names that answered so many requests. */
async function ask({ url }: RunningService, times: number, headers = {}): Promise<string> {
  let names = "";
  for (let i = 0; i < times; i++) names += await (await fetch(url, { headers })).text();
  return names;
}

/** How often each name stands in an answer. */
function shares(names: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

Deno.test("ProxyService takes its upstreams in turn", async () => {
  await using running = await start();
  assertEquals(await ask(running, 6), "abcabc");
});

Deno.test("ProxyService takes backends with weights and limits", async () => {
  await using running = await start({ upstreams: [{ peer: "a:1", weight: 3 }, "b:1"] });
  assertEquals(shares(await ask(running, 8)), { a: 6, b: 2 });
});

Deno.test("ProxyService takes a set that others change", async () => {
  const upstreams = new BackendSet(["a:1"]);
  await using running = await start({ upstreams });
  assertEquals(await ask(running, 2), "aa");
  upstreams.update([{ peer: "b:1" }]);
  assertEquals(await ask(running, 2), "bb");
  assertEquals(running.service.backends, upstreams);
});

Deno.test("ProxyService waits for the first list of its discovery, and follows it", async () => {
  let sink: DiscoverySink | undefined;
  let isStopped = false;
  const starting = start({
    upstreams: {
      source: "test",
      run(given, { signal }) {
        sink = given;
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            isStopped = true;
            resolve();
          })
        );
      },
    },
  });
  let isStarted = false;
  starting.then(() => isStarted = true);
  while (sink === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(isStarted, false);
  sink.update([{ peer: "b:1" }]);
  {
    await using running = await starting;
    assertEquals(await ask(running, 2), "bb");
    sink.update([{ peer: "c:1" }]);
    assertEquals(await ask(running, 2), "cc");
    assertEquals(running.service.snapshot().discovery?.backends, 1);
    assertEquals(running.metric("pingo_discovery_backends"), 1);
  }
  assertEquals(isStopped, true);
});

Deno.test("ProxyService gives up its start when the server does", async () => {
  const ended: string[] = [];
  const service = new ProxyService("test", {
    upstreams: {
      source: "silent",
      run: (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            ended.push("discovery");
            resolve();
          })
        ),
    },
  }).addTcp("127.0.0.1:0");
  const abort = new AbortController();
  const starting = service.start({
    logger: createLogger({ sink: { write() {} } }),
    clock: new FakeClock(),
    signal: abort.signal,
    fail() {},
  });
  abort.abort(new Error("the server stops"));
  await assertRejects(() => Promise.resolve(starting), Error, "the server stops");
  assertEquals(ended, ["discovery"]);
});

for (const method of BALANCING_METHODS) {
  Deno.test(`ProxyService balances by ${method}`, async () => {
    await using running = await start({ loadBalancingMethod: method });
    const answers = await ask(running, 12);
    assertEquals(answers.length, 12);
    // Those that hash keep a client where it is.
    const isKeyed = method === "ketama" || method === "maglev";
    if (isKeyed) assertEquals(new Set(answers).size, 1);
    else if (method !== "ewma") assert(new Set(answers).size > 1, answers);
  });
}

Deno.test("ProxyService by least_conn passes over who is busy", async () => {
  const held = Promise.withResolvers<Reply>();
  const arrived = Promise.withResolvers<void>();
  await using running = await start({
    upstreams: ["a:1", "b:1"],
    loadBalancingMethod: "least_conn",
    transport: memoryTransport({
      "a:1": () => {
        arrived.resolve();
        return held.promise;
      },
      "b:1": () => reply(200, "b"),
    }),
  });
  const first = fetch(running.url);
  await arrived.promise;
  assertEquals(await ask(running, 4), "bbbb");
  const leases = () => running.service.snapshot().balancer.backends.map(({ leases }) => leases);
  assertEquals(leases(), [1, 0]);
  held.resolve(reply(200, "a"));
  assertEquals(await (await first).text(), "a");
  await running.whenEnded(5);
  assertEquals(leases(), [0, 0]);
});

Deno.test("ProxyService takes an algorithm of one's own", async () => {
  await using running = await start({
    loadBalancingMethod: () => {
      const inTurn = new RoundRobin<Backend>();
      return {
        update: (candidates) => inTurn.update(candidates.slice(1)),
        pick: () => inTurn.pick(),
      };
    },
  });
  assertEquals(await ask(running, 4), "bcbc");
});

Deno.test("ProxyService hashes by keyOf", async () => {
  await using running = await start({
    loadBalancingMethod: "ketama",
    keyOf: byHeader("x-user"),
  });
  const byUser = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const answers = await ask(running, 2, { "x-user": `user ${i}` });
    assertEquals(new Set(answers).size, 1);
    byUser.add(answers);
  }
  assert(byUser.size > 1);
});

Deno.test("ProxyService prefers its zone", async () => {
  await using running = await start({
    upstreams: [{ peer: "a:1", zone: "east" }, { peer: "b:1", zone: "west" }],
    zone: "west",
  });
  assertEquals(await ask(running, 4), "bbbb");
});

Deno.test("ProxyService spills over to the next priority by overprovisioning", async () => {
  const upstreams = [{ peer: "a:1" }, { peer: "b:1" }, { peer: "c:1", priority: 1 }];
  for (const [overprovisioning, load] of [[1, 0.5], [1.4, 0.7], [2, 1]]) {
    await using running = await start({ upstreams, overprovisioning });
    running.service.backends.get("a:1")?.markHealthy(false);
    assertEquals(running.service.snapshot().balancer.tiers[0].load, load);
  }
});

Deno.test("ProxyService looks away from health below panicThreshold", async () => {
  for (const [panicThreshold, isPanicking] of [[0.5, true], [0.1, false]] as const) {
    await using running = await start({ panicThreshold });
    for (const id of ["a:1", "b:1"]) running.service.backends.get(id)?.markHealthy(false);
    const [tier] = running.service.snapshot().balancer.tiers;
    assertEquals(tier.isPanicking, isPanicking);
  }
});

Deno.test("ProxyService chooses by the chance that it is given", async () => {
  await using running = await start({ loadBalancingMethod: "random", random: () => 0 });
  assertEquals(await ask(running, 4), "aaaa");
});

Deno.test("ProxyService starts a backend that has recovered slowly, by its clock", async () => {
  const clock = new FakeClock();
  await using running = await start({
    upstreams: ["a:1", "b:1"],
    slowStart: { windowMs: 1_000, minWeight: 0.1 },
    clock,
  });
  const backend = running.service.backends.get("a:1");
  backend?.markHealthy(false);
  assertEquals(await ask(running, 2), "bb");
  backend?.markHealthy(true);
  assertEquals(shares(await ask(running, 22)), { a: 2, b: 20 });
  clock.advance(1_000);
  assertEquals(shares(await ask(running, 20)), { a: 10, b: 10 });
});

Deno.test("ProxyService is ready when its backends were checked, and goes on checking", async () => {
  const well = { a: false, b: true };
  const checks: string[] = [];
  const clock = new FakeClock();
  const running = await start({
    upstreams: ["a:1", "b:1"],
    healthCheckInterval: 250,
    healthCheck: {
      jitter: 0,
      riseCount: 1,
      check: (_, { id }) => {
        checks.push(id);
        return id === "a:1" ? well.a : well.b;
      },
    },
    clock,
  });
  {
    await using _running = running;
    assertEquals(checks.sort(), ["a:1", "b:1"]);
    assertEquals(await ask(running, 4), "bbbb");
    assertEquals(running.service.snapshot().health?.map(({ isHealthy }) => isHealthy), [
      false,
      true,
    ]);
    well.a = true;
    clock.advance(249);
    assertEquals(checks.length, 2);
    clock.advance(1);
    while (running.service.backends.get("a:1")?.isHealthy === false) await Promise.resolve();
    assertEquals(shares(await ask(running, 4)), { a: 2, b: 2 });
    assertEquals(running.metric("pingo_health_checks_total"), 4);
    assert(running.log.some((line) => line.includes("backend unhealthy")), running.log.join("\n"));
  }
  const before = checks.length;
  clock.advance(10_000);
  assertEquals(checks.length, before);
});

Deno.test("ProxyService checks by TCP when only healthCheckInterval says so", async () => {
  await using alive = await listen({ address: "127.0.0.1:0" }, () => reply(200, "alive"));
  await using running = await startService({
    upstreams: [deadAddress(), alive.url],
    healthCheckInterval: 60_000,
    retry: { maxAttempts: 1 },
  });
  assertEquals(await ask(running, 2), "alivealive");
});

Deno.test("ProxyService stops its checks when it cannot listen", async () => {
  await using taken = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  const clock = new FakeClock();
  let checks = 0;
  const service = new ProxyService("test", {
    upstreams: ["a:1"],
    healthCheck: { check: () => ++checks > 0 },
    clock,
  }).addTcp(new URL(taken.url).host);
  await using server = new Server({ logger: createLogger({ sink: { write() {} } }) });
  await assertRejects(() => server.addService(service).start(), ServiceError, "the port is taken");
  clock.advance(60_000);
  assertEquals(checks, 1);
});

Deno.test("ProxyService ejects a backend whose answers are bad, by the options that it is given", async () => {
  for (const [outlierEjection, failures] of [[true, 5], [{ consecutive5xx: 2 }, 2]] as const) {
    await using running = await start({
      upstreams: ["a:1", "b:1", "c:1"],
      outlierEjection,
    }, { a: 500 });
    assertEquals(shares(await ask(running, 60)).a, failures);
    assertEquals(running.service.snapshot().outliers?.length, 3);
    assertEquals(running.metric("pingo_outlier_ejected_backends"), 1);
  }
  await using running = await start({}, { a: 500 });
  assertEquals(shares(await ask(running, 60)).a, 20);
  assertEquals(running.service.snapshot().outliers, null);
});

Deno.test("ProxyService opens the circuit of a backend, by the options that it is given", async () => {
  const trip = consecutiveFailures(2);
  for (const [hostBreaker, failures] of [[true, 5], [{ trip, openMs: 1_000 }, 2]] as const) {
    const clock = new FakeClock();
    await using running = await start({ hostBreaker, clock }, { a: 500 });
    assertEquals(shares(await ask(running, 60)).a, failures);
    assertEquals(running.service.snapshot().circuits?.[0], { id: "a:1", state: "open" });
    assertEquals(running.metric("pingo_host_breaker_open"), 1);
    clock.advance(1_000);
    const isOver = hostBreaker !== true;
    assertEquals(shares(await ask(running, 60)).a, isOver ? 1 : undefined);
  }
  await using running = await start({}, { a: 500 });
  assertEquals(shares(await ask(running, 60)).a, 20);
  assertEquals(running.service.snapshot().circuits, null);
});

Deno.test("ProxyService answers 503 at once when all circuits are open", async () => {
  const statuses = { a: 500, b: 500, c: 500 };
  await using running = await start({ hostBreaker: { trip: consecutiveFailures(1) } }, statuses);
  await ask(running, 3);
  const response = await fetch(running.url);
  await response.body?.cancel();
  assertEquals(response.status, 503);
  assertEquals(running.ends[3].error?.kind, "no_upstream");
});

Deno.test("ProxyService sends no more to a backend than its maxConnections", async () => {
  const held = Promise.withResolvers<Reply>();
  const arrived = Promise.withResolvers<void>();
  await using running = await start({
    upstreams: [{ peer: "a:1", maxConnections: 1 }],
    transport: memoryTransport(() => {
      arrived.resolve();
      return held.promise;
    }),
  });
  const first = fetch(running.url);
  await arrived.promise;
  const second = await fetch(running.url);
  await second.body?.cancel();
  assertEquals([second.status, running.ends[0].error?.kind], [503, "no_upstream"]);
  held.resolve(reply(200, "a"));
  assertEquals(await (await first).text(), "a");
  await running.whenEnded(2);
  assertEquals(running.service.backends.get("a:1")?.leases, 0);
});

Deno.test("ProxyService keeps a client at its backend by a cookie", async () => {
  await using running = await start({
    sticky: { secret: "sixteen letters!", cookie: "where" },
  });
  const first = await fetch(running.url);
  const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
  assert(cookie.startsWith("where="));
  const name = await first.text();
  assertEquals(await ask(running, 3, { cookie }), name.repeat(3));
  assertEquals(new Set(await ask(running, 3)).size, 3);
});

Deno.test("ProxyService counts what its balancer does, under its name", async () => {
  await using running = await start();
  await ask(running, 4);
  await running.whenEnded(4);
  assertEquals(running.metric("pingo_balancer_selections_total"), 4);
  assertEquals(running.metric("pingo_balancer_outcomes_total"), 4);
  assertEquals(running.metric("pingo_balancer_leases"), 0);
});

Deno.test("ProxyService drains a backend at run time", async () => {
  await using running = await start();
  running.service.backends.get("b:1")?.drain();
  assertEquals(shares(await ask(running, 4)), { a: 2, c: 2 });
});

const upstreams = ["a:1"];
const refused: { name: string; config: ProxyServiceConfig; message: string }[] = [
  {
    name: "the method is unknown",
    config: { upstreams, loadBalancingMethod: "fastest" as BalancingMethodName },
    message: "it is none of round_robin",
  },
  {
    name: "a peer stands there twice with different schemes",
    config: { upstreams: ["http://a:443", "https://a:443"] },
    message: "stands there twice",
  },
  {
    name: "healthCheckInterval is 0",
    config: { upstreams, healthCheckInterval: 0 },
    message: "intervalMs is 0",
  },
  {
    name: "the interval is given twice",
    config: { upstreams, healthCheckInterval: 1, healthCheck: { intervalMs: 1 } },
    message: "write one of healthCheckInterval",
  },
  {
    name: "a health check has no time",
    config: { upstreams, healthCheck: { timeoutMs: 0 } },
    message: "timeoutMs is 0",
  },
  {
    name: "outlierEjection makes no sense",
    config: { upstreams, outlierEjection: { consecutive5xx: 0 } },
    message: "consecutive5xx is 0",
  },
  {
    name: "hostBreaker makes no sense",
    config: { upstreams, hostBreaker: { halfOpenProbes: 0 } },
    message: "halfOpenProbes",
  },
  {
    name: "slowStart makes no sense",
    config: { upstreams, slowStart: { windowMs: 0 } },
    message: "windowMs 0",
  },
  {
    name: "the cookie has no secret",
    config: { upstreams, sticky: { secret: "short" } },
    message: "shorter than 16",
  },
  {
    name: "nobody hashes by keyOf",
    config: { upstreams, keyOf: () => "" },
    message: "the method does not hash",
  },
  {
    name: "panicThreshold is no share",
    config: { upstreams, panicThreshold: 2 },
    message: "panicThreshold",
  },
];
for (const { name, config, message } of refused) {
  Deno.test(`ProxyService refuses at once when ${name}`, () => {
    assertThrows(() => new ProxyService("a", config), Error, message);
  });
}
