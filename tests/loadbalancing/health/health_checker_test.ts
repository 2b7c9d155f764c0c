import { assertEquals, assertThrows } from "@std/assert";
import { BackendSet } from "../../../loadbalancing/mod.ts";
import {
  HealthChecker,
  type HealthCheckerOptions,
  type HealthCheckFunction,
} from "../../../loadbalancing/mod.ts";
import { type LogFields, MetricRegistry } from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { rethrown } from "../_support.ts";
import { testBackend, TestSet } from "./_backends.ts";

/** A check that notes when it is called, and answers what it is told to. */
function scripted(clock: FakeClock) {
  const calls: string[] = [];
  const bad = new Set<string>();
  const check: HealthCheckFunction = (_peer, { id }) => {
    calls.push(`${id} ${clock.now()}`);
    if (bad.has(id)) throw new Error("it is bad");
  };
  return { calls, bad, check };
}

function world(options: HealthCheckerOptions = {}, ids = ["a", "b"]) {
  const clock = new FakeClock({ epoch: 1_000_000 });
  const script = scripted(clock);
  const backends = ids.map((id, n) => testBackend(`127.0.0.1:${n + 1}`, id));
  const set = new TestSet(...backends);
  const told: string[] = [];
  const checker = new HealthChecker(set, {
    clock,
    check: script.check,
    jitter: 0,
    intervalMs: 1_000,
    timeoutMs: 500,
    ...options,
  });
  checker.onChange(({ id }, isHealthy, reason) => {
    told.push(`${id} ${isHealthy ? "healthy" : "unhealthy"}: ${reason}`);
  });
  return { clock, backends, set, checker, told, ...script };
}

Deno.test("HealthChecker checks every backend at once, then after each interval", async () => {
  const { clock, checker, calls } = world();
  checker.start();
  checker.start();
  await clock.advanceAsync(2_500);
  assertEquals(calls, ["a 0", "b 0", "a 1000", "b 1000", "a 2000", "b 2000"]);
  await checker.stop();
  await clock.advanceAsync(5_000);
  assertEquals(calls.length, 6);
  assertEquals(clock.timerCount, 0);
});

Deno.test("HealthChecker marks backends by rise and fall, and tells why", async () => {
  const { clock, checker, backends: [a, b], bad, told } = world();
  checker.start();
  await clock.advanceAsync(0);
  bad.add("a");
  await clock.advanceAsync(2_000);
  assertEquals(a.isHealthy, true);
  await clock.advanceAsync(1_000);
  assertEquals([a.isHealthy, b.isHealthy], [false, true]);
  bad.clear();
  await clock.advanceAsync(1_000);
  assertEquals(a.isHealthy, false);
  await clock.advanceAsync(1_000);
  assertEquals(a.isHealthy, true);
  assertEquals(told, ["a unhealthy: it is bad", "a healthy: the check passes"]);
  await checker.stop();
});

Deno.test("HealthChecker lets the first check decide, whatever backends count as before", async () => {
  for (const initialState of ["healthy", "unhealthy"] as const) {
    const { clock, checker, backends: [a, b], bad } = world({ initialState });
    bad.add("a");
    checker.start();
    assertEquals([a.isHealthy, b.isHealthy], Array(2).fill(initialState === "healthy"));
    await clock.advanceAsync(0);
    assertEquals([a.isHealthy, b.isHealthy], [false, true]);
    await checker.stop();
  }
});

Deno.test("HealthChecker checks new backends at once and removed ones no more", async () => {
  const { clock, checker, backends: [a, b], set, calls, bad } = world();
  checker.start();
  await clock.advanceAsync(100);
  bad.add("c");
  const c = testBackend("127.0.0.1:3", "c");
  set.change(b, c);
  await clock.advanceAsync(1_000);
  assertEquals(calls, ["a 0", "b 0", "c 100", "b 1000", "c 1100"]);
  assertEquals([a.isHealthy, c.isHealthy], [true, false]);
  await checker.stop();
  assertEquals(set.listeners.size, 0);
});

Deno.test("HealthChecker follows a BackendSet, and checks one that has moved anew", async () => {
  const clock = new FakeClock();
  const ports: number[] = [];
  const set = new BackendSet([{ id: "a", peer: "127.0.0.1:1" }, { id: "b", peer: "127.0.0.1:2" }]);
  await using checker = new HealthChecker(set, {
    clock,
    check: ({ port }) => {
      ports.push(port);
      return port !== 1;
    },
  });
  checker.start();
  await clock.advanceAsync(1);
  assertEquals(set.backends.map(({ isHealthy }) => isHealthy), [false, true]);
  set.update([{ id: "a", peer: "127.0.0.1:3" }, { id: "b", peer: "127.0.0.1:2", weight: 2 }]);
  await clock.advanceAsync(1);
  assertEquals(ports, [1, 2, 3]);
  assertEquals(set.backends.map(({ isHealthy }) => isHealthy), [true, true]);
});

Deno.test("HealthChecker drops the result of a check whose backend has left", async () => {
  const gate = Promise.withResolvers<boolean>();
  const cancelled: unknown[] = [];
  const { clock, checker, backends: [a, b], set, told } = world({
    check: (_peer, { cancel }) => {
      cancel.onCancel((reason) => cancelled.push(reason));
      return gate.promise;
    },
  });
  checker.start();
  await clock.advanceAsync(10);
  set.change(b);
  assertEquals(cancelled.length, 1);
  gate.resolve(false);
  await clock.advanceAsync(10);
  assertEquals([a.isHealthy, b.isHealthy], [true, false]);
  assertEquals(told, ["b unhealthy: the check says no"]);
  await checker.stop();
});

Deno.test("HealthChecker takes a check that is not done in time for failed", async () => {
  const { clock, checker, backends: [a], told } = world({ check: () => new Promise(() => {}) });
  checker.start();
  await clock.advanceAsync(499);
  assertEquals(a.isHealthy, true);
  await clock.advanceAsync(1);
  assertEquals(a.isHealthy, false);
  assertEquals(told[0], "a unhealthy: Cannot finish in time: 500 ms");
  await checker.stop();
  assertEquals(clock.timerCount, 0);
});

Deno.test("HealthChecker spreads its pauses by the jitter", async () => {
  let chance = 0;
  const { clock, checker, calls } = world({ jitter: 0.5, random: () => chance }, ["a"]);
  checker.start();
  await clock.advanceAsync(0);
  chance = 1;
  await clock.advanceAsync(500);
  await clock.advanceAsync(1_499);
  assertEquals(calls, ["a 0", "a 500"]);
  await clock.advanceAsync(1);
  assertEquals(calls, ["a 0", "a 500", "a 2000"]);
  await checker.stop();
});

Deno.test("HealthChecker runs no more than maxConcurrent checks at one time", async () => {
  const running: string[] = [];
  const gates = new Map<string, () => void>();
  const { clock, checker, backends, set } = world({
    maxConcurrent: 2,
    check: (_peer, { id }) => {
      running.push(id);
      return new Promise((resolve) => void gates.set(id, () => resolve(true)));
    },
  }, ["a", "b", "c", "d", "e"]);
  checker.start();
  await clock.advanceAsync(0);
  assertEquals(running, ["a", "b"]);
  set.change(...backends.filter(({ id }) => id !== "c"));
  gates.get("a")?.();
  await clock.advanceAsync(0);
  assertEquals(running, ["a", "b", "d"]);
  gates.get("b")?.();
  gates.get("d")?.();
  await clock.advanceAsync(0);
  assertEquals(running, ["a", "b", "d", "e"]);
  await checker.stop();
});

Deno.test("HealthChecker.whenChecked() waits for the first check of every backend", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, checker } = world({
    check: (_peer, { id }) => id === "a" ? gate.promise : undefined,
  });
  checker.start();
  let isChecked = false;
  const checked = checker.whenChecked().then(() => isChecked = true);
  await clock.advanceAsync(10);
  assertEquals(isChecked, false);
  gate.resolve();
  await clock.advanceAsync(0);
  assertEquals(isChecked, true);
  await checked;
  await checker.stop();
});

Deno.test("HealthChecker.whenChecked() settles when the checker stops", async () => {
  const { checker } = world({ check: () => new Promise(() => {}) });
  checker.start();
  const checked = checker.whenChecked();
  await checker.stop();
  await checked;
});

Deno.test("HealthChecker.onPassed() tells of passed checks of healthy backends alone", async () => {
  const { clock, checker, bad } = world({}, ["a"]);
  const passed: number[] = [];
  checker.onPassed(() => void passed.push(clock.now()));
  bad.add("a");
  checker.start();
  await clock.advanceAsync(0);
  bad.clear();
  await clock.advanceAsync(3_000);
  assertEquals(passed, [2_000, 3_000]);
  await checker.stop();
});

Deno.test("HealthChecker tells logger, metrics and snapshot", async () => {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const metrics = new MetricRegistry();
  const { clock, checker, bad } = world({ name: "app", logger, metrics, riseCount: 1 });
  bad.add("a");
  checker.start();
  await clock.advanceAsync(0);
  assertEquals(checker.snapshot(), [{
    id: "a",
    isHealthy: false,
    checks: 1,
    failures: 1,
    inARow: 1,
    lastAt: 1_000_000,
    lastMs: 0,
    lastReason: "it is bad",
  }, {
    id: "b",
    isHealthy: true,
    checks: 1,
    failures: 0,
    inARow: 1,
    lastAt: 1_000_000,
    lastMs: 0,
    lastReason: null,
  }]);
  const values = () =>
    metrics.snapshot().flatMap((metric) =>
      metric.kind === "histogram"
        ? []
        : metric.series.map(({ labels, value }) =>
          `${metric.name} ${labels.result ?? labels.to ?? labels.state} ${value}`
        )
    );
  assertEquals(values(), [
    "pingo_health_checks_total passed 1",
    "pingo_health_checks_total failed 1",
    "pingo_health_changes_total healthy 0",
    "pingo_health_changes_total unhealthy 1",
    "pingo_health_backends healthy 1",
    "pingo_health_backends unhealthy 1",
  ]);
  bad.clear();
  await clock.advanceAsync(1_000);
  assertEquals(values().slice(2, 5), [
    "pingo_health_changes_total healthy 1",
    "pingo_health_changes_total unhealthy 1",
    "pingo_health_backends healthy 2",
  ]);
  assertEquals(lines, [
    'warn backend unhealthy {"set":"app","backend":"a","reason":"it is bad"}',
    'info backend healthy {"set":"app","backend":"a"}',
  ]);
  await checker.stop();
});

Deno.test("HealthChecker closes a check that has something to close, and can start again", async () => {
  let closed = 0;
  const { clock, checker, backends: [a] } = world({
    check: {
      check: () => Promise.reject(new Error("no")),
      [Symbol.asyncDispose]: () => Promise.resolve(void closed++),
    },
  });
  checker.start();
  await checker.stop();
  assertEquals([closed, a.isHealthy], [1, true]);
  checker.start();
  await clock.advanceAsync(0);
  assertEquals(a.isHealthy, false);
  await checker[Symbol.asyncDispose]();
  assertEquals(closed, 2);
});

Deno.test("HealthChecker may be stopped by a listener", async () => {
  const { clock, checker, bad } = world();
  bad.add("a");
  checker.onChange(() => void checker.stop());
  checker.start();
  await clock.advanceAsync(0);
  assertEquals(clock.timerCount, 0);
});

Deno.test("HealthChecker follows a set that is swapped while it marks the backends of the last one", async () => {
  const set = new BackendSet(["a:1", "b:1"]);
  const clock = new FakeClock();
  const check = () => new Promise<boolean>(() => {});
  await using checker = new HealthChecker(set, { check, clock, initialState: "unhealthy" });
  checker.start();
  set.onChange(({ kind }) => {
    if (kind === "backend" && set.backends.length === 2) set.update([{ peer: "e:1" }]);
  });
  set.update([{ peer: "c:1" }, { peer: "d:1" }]);
  assertEquals(set.backends.map(({ id }) => id), ["e:1"]);
  assertEquals(checker.snapshot().map(({ id }) => id), ["e:1"]);
});

Deno.test("HealthChecker goes on when who hears of a change throws", async () => {
  const { clock, checker, backends: [a], calls, bad } = world({ maxConcurrent: 1 });
  bad.add("a");
  bad.add("b");
  a.markHealthy = () => {
    throw new Error("defect of a listener");
  };
  checker.onChange(() => {
    throw new Error("another one");
  });
  const thrown = await rethrown(async () => {
    checker.start();
    await clock.advanceAsync(1_000);
    await checker.stop();
  });
  assertEquals(calls, ["a 0", "b 0", "a 1000", "b 1000"]);
  assertEquals(thrown, ["defect of a listener", "another one"]);
});

Deno.test("HealthChecker throws for options that make no sense", () => {
  const bad: [HealthCheckerOptions, string][] = [
    [{ intervalMs: 0 }, "intervalMs is 0"],
    [{ intervalMs: Infinity }, "intervalMs"],
    [{ timeoutMs: NaN }, "timeoutMs"],
    [{ jitter: 1.1 }, "jitter is 1.1, not from 0 to 1"],
    [{ maxConcurrent: 0 }, "maxConcurrent"],
    [{ maxConcurrent: 1.5 }, "maxConcurrent"],
    [{ riseCount: 0 }, "riseCount"],
    [{ fallCount: -1 }, "fallCount"],
    [{ initialState: "maybe" as "healthy" }, '"maybe"'],
  ];
  for (const [options, text] of bad) {
    assertThrows(() => new HealthChecker(new TestSet(), options), RangeError, text);
  }
  for (const check of [{}, null, "tcp"]) {
    const options = JSON.parse(JSON.stringify({ check }));
    assertThrows(() => new HealthChecker(new TestSet(), options), TypeError, "neither a function");
  }
});
