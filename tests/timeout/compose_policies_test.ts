import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import {
  Bulkhead,
  CircuitBreaker,
  composePolicies,
  consecutiveFailures,
  constantBackoff,
  FakeClock,
  HedgePolicy,
  honourRetryAfter,
  type Policy,
  RetryPolicy,
  sleep,
  TimeoutPolicy,
} from "@pingo/pingo/timeout";

function tracing(name: string, trace: string[]): Policy {
  return {
    async call(operation, context = {}) {
      trace.push(`${name} in`);
      const result = await operation(context);
      trace.push(`${name} out`);
      return result;
    },
  };
}

Deno.test("composePolicies() nests, the first one outermost", async () => {
  const trace: string[] = [];
  const policy = composePolicies(...["a", "b", "c"].map((name) => tracing(name, trace)));
  assertEquals(await policy.call(() => trace.push("work")), 4);
  assertEquals(trace, ["a in", "b in", "c in", "work", "c out", "b out", "a out"]);
});

Deno.test("composePolicies() of none calls, of one is that one", async () => {
  const context = { attempt: 3 };
  const none = composePolicies();
  assertStrictEquals(await none.call((each) => each, context), context);
  const reason = new Error("client left");
  const call = none.call(() => 1, { signal: AbortSignal.abort(reason) });
  assertStrictEquals(await assertRejects(() => call), reason);
  const breaker = new CircuitBreaker();
  assertStrictEquals(composePolicies(breaker), breaker);
});

const single: { name: string; policy: Policy }[] = [
  { name: "CircuitBreaker", policy: new CircuitBreaker() },
  { name: "RetryPolicy", policy: new RetryPolicy() },
  { name: "Bulkhead", policy: new Bulkhead({ maxConcurrent: 1 }) },
  { name: "HedgePolicy", policy: new HedgePolicy({ delayMs: 1_000 }) },
  { name: "TimeoutPolicy", policy: new TimeoutPolicy({ timeoutMs: 1_000 }) },
  { name: "composePolicies()", policy: composePolicies() },
];
for (const { name, policy } of single) {
  Deno.test(`${name} takes values, promises and thenables, and rejects what is thrown at once`, async () => {
    assertEquals(await policy.call(() => 1), 1);
    assertEquals(await policy.call(() => Promise.resolve(2)), 2);
    // An operation of another library may give its own kind of promise.
    const thenable = { then: (resolve: (value: number) => void) => resolve(3) };
    assertEquals(await policy.call<number>(() => thenable as unknown as Promise<number>), 3);
    const call = policy.call(() => {
      throw new DOMException("stopped", "AbortError"); // which no policy repeats
    });
    await assertRejects(() => call, DOMException, "stopped");
  });
}

Deno.test("retry over breaker: each attempt counts, an open circuit is retried as well", async () => {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker({ trip: consecutiveFailures(2), openMs: 150, clock });
  const retry = new RetryPolicy({ maxAttempts: 4, backoff: constantBackoff(100), clock });
  let calls = 0;
  const call = composePolicies(retry, breaker).call(({ attempt }) => {
    calls++;
    if (attempt !== 4) throw new Error("refused");
    return "fine";
  });
  await clock.advanceAsync(100);
  assertEquals(breaker.state, "open");
  await clock.advanceAsync(200);
  assertEquals(await call, "fine");
  assertEquals([calls, breaker.state], [3, "closed"]);
});

Deno.test("retry over breaker: the pause is as long as the open circuit says", async () => {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker({ trip: consecutiveFailures(1), openMs: 3_000, clock });
  const backoff = honourRetryAfter(constantBackoff(10));
  const policy = composePolicies(new RetryPolicy({ maxAttempts: 3, backoff, clock }), breaker);
  const started: number[] = [];
  const call = policy.call(() => {
    started.push(clock.now());
    if (started.length === 1) throw new Error("refused");
    return "fine";
  });
  await clock.advanceAsync(10 + 3_000);
  assertEquals(await call, "fine");
  assertEquals(started, [0, 3_010]);
});

Deno.test("breaker over retry: one call counts once", async () => {
  const breaker = new CircuitBreaker({ trip: consecutiveFailures(2) });
  const retry = new RetryPolicy({ backoff: constantBackoff(0) });
  const policy = composePolicies(breaker, retry);
  await assertRejects(() => policy.call(() => Promise.reject(new Error("refused"))));
  assertEquals(breaker.state, "closed");
});

Deno.test("timeout over retry over timeout: both limits hold, the signal reaches the operation", async () => {
  const clock = new FakeClock();
  const policy = composePolicies(
    new TimeoutPolicy({ timeoutMs: 250, clock }),
    new RetryPolicy({
      maxAttempts: 9,
      backoff: constantBackoff(0),
      isRetryable: () => true,
      clock,
    }),
    new TimeoutPolicy({ timeoutMs: 100, clock }),
  );
  const started: number[] = [];
  const call = policy.call(({ signal }) => {
    started.push(clock.now());
    return sleep(10_000, { clock, signal });
  });
  const rejected = assertRejects(() => call, ProxyError, "250 ms are over");
  await clock.advanceAsync(250);
  await rejected;
  assertEquals(started, [0, 100, 200]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("all policies together leave nothing behind, whatever the end", async () => {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead({ maxConcurrent: 3, maxQueue: 3, maxWaitMs: 500, clock });
  const policy = composePolicies(
    new TimeoutPolicy({ timeoutMs: 1_000, clock }),
    new RetryPolicy({ backoff: constantBackoff(10), totalTimeoutMs: 900, clock }),
    new HedgePolicy({ delayMs: 50, clock }),
    new CircuitBreaker({ clock }),
    bulkhead,
    new TimeoutPolicy({ timeoutMs: 300, clock }),
  );
  const controller = new AbortController();
  const { signal } = controller;
  const calls = [
    policy.call(() => "fine"),
    policy.call(({ signal }) => sleep(5_000, { clock, signal })),
    policy.call(() => Promise.reject(new Error("refused"))),
    policy.call(({ signal }) => sleep(5_000, { clock, signal }), { signal }),
  ];
  const ends = Promise.allSettled(calls);
  await clock.advanceAsync(60);
  controller.abort(new Error("client left"));
  await clock.advanceAsync(1_000);
  const results = await ends;
  assertEquals(results.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "rejected",
    "rejected",
  ]);
  const last = results[3];
  assert(last.status === "rejected" && last.reason.message === "client left");
  assertEquals([clock.timerCount, bulkhead.activeCount, bulkhead.queuedCount], [0, 0, 0]);
});
