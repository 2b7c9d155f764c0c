import { assert, assertEquals, assertThrows } from "@std/assert";
import { HeaderList, MetricRegistry, reply } from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { CircuitBreaker, consecutiveFailures, FakeClock } from "../../../timeout/mod.ts";
import { type ConcurrencyGate, ConcurrencyLimit, KeyedConcurrency } from "@pingo/pingo/limits";
import { breaker, concurrencyLimit, EventLoopLag, loadShed } from "@pingo/pingo/limits/http";
import { finish, makeExchange, numbers, outcomeOf, statusOf } from "./_exchange.ts";

const ok = () => reply(200);

/** A gate that writes down what it is told. */
function spyGate(limit: number): ConcurrencyGate & { readonly told: (number | undefined)[][] } {
  const told: (number | undefined)[][] = [];
  let inFlight = 0;
  return {
    told,
    limit,
    get inFlight() {
      return inFlight;
    },
    tryEnter: () => inFlight < limit && ++inFlight > 0,
    leave(...args) {
      inFlight--;
      told.push(args);
    },
  };
}

Deno.test("concurrencyLimit() holds a place to the end of the exchange", async () => {
  const metrics = new MetricRegistry();
  const handler = concurrencyLimit({ limit: 2, metrics, name: "all" })(ok);
  const [one, two] = [makeExchange(), makeExchange()];
  assertEquals([await statusOf(handler, one), await statusOf(handler, two)], [200, 200]);
  assertEquals(await statusOf(handler, makeExchange()), 503);
  assertEquals(numbers(metrics, "pingo_concurrency_in_flight"), { all: 2 });
  assertEquals(numbers(metrics, "pingo_concurrency_limit"), { all: 2 });
  assertEquals(numbers(metrics, "pingo_concurrency_rejected_total"), { all: 1 });
  finish(one, 200);
  assertEquals(await statusOf(handler, makeExchange()), 200);
  finish(two, 200);
  assertEquals(numbers(metrics, "pingo_concurrency_in_flight"), { all: 1 });
});

Deno.test("concurrencyLimit() refuses with overloaded and Retry-After", async () => {
  const limit = new ConcurrencyLimit(1);
  using _taken = limit.tryAcquire();
  const error = await outcomeOf(
    concurrencyLimit({ limit, retryAfterMs: 2_500 })(ok),
    makeExchange(),
  );
  assert(error instanceof ProxyError);
  assertEquals(error.kind, "overloaded");
  assertEquals(error.headers, [["Retry-After", "3"]]);
});

Deno.test("concurrencyLimit() counts each key for itself when the gate has keys", async () => {
  const limit = new KeyedConcurrency(1);
  const metrics = new MetricRegistry();
  const key = (exchange: { path: string | null }) =>
    exchange.path === "/free" ? null : exchange.path;
  const handler = concurrencyLimit({ limit, key, metrics })(ok);
  const get = (target: string) => makeExchange({ target });
  const first = get("/a");
  assertEquals(await statusOf(handler, first), 200);
  assertEquals(await statusOf(handler, get("/a")), 503);
  assertEquals(await statusOf(handler, get("/b")), 200);
  assertEquals(await statusOf(handler, get("/free")), 200);
  assertEquals(numbers(metrics, "pingo_concurrency_in_flight"), { default: 2 });
  finish(first, 200);
  assertEquals(await statusOf(handler, get("/a")), 200);
});

Deno.test("concurrencyLimit() counts clients when it is not told a key", async () => {
  const handler = concurrencyLimit({ limit: new KeyedConcurrency(1) })(ok);
  const statuses = [];
  for (const address of ["192.0.2.1", "192.0.2.1", "192.0.2.2"]) {
    statuses.push(await statusOf(handler, makeExchange({ address })));
  }
  assertEquals(statuses, [200, 503, 200]);
});

Deno.test("concurrencyLimit() lets maxWaiting wait in order, and turns the rest away", async () => {
  const metrics = new MetricRegistry();
  const handler = concurrencyLimit({ limit: 1, maxWaiting: 1, metrics })(ok);
  const first = makeExchange();
  assertEquals(await statusOf(handler, first), 200);
  const second = makeExchange();
  const waiting = statusOf(handler, second);
  assertEquals(await statusOf(handler, makeExchange()), 503);
  finish(first, 200);
  assertEquals(await waiting, 200);
  assertEquals(numbers(metrics, "pingo_concurrency_in_flight"), { default: 1 });
  finish(second, 200);
  assertEquals(numbers(metrics, "pingo_concurrency_in_flight"), { default: 0 });
});

Deno.test("concurrencyLimit() gives up the wait of a client that leaves", async () => {
  const limit = new ConcurrencyLimit(1);
  const handler = concurrencyLimit({ limit, maxWaiting: 1 })(ok);
  const first = makeExchange();
  await statusOf(handler, first);
  const second = makeExchange();
  const waiting = outcomeOf(handler, second);
  second.abort(new ProxyError("client_gone"));
  assertEquals((await waiting).status, 499);
  assertEquals(limit.waiting, 0);
  finish(first, 200);
  assertEquals(limit.inFlight, 0);
});

Deno.test("concurrencyLimit() tells a gate how long good answers took, to their head", async () => {
  const clock = new FakeClock();
  const gate = spyGate(10);
  const handler = concurrencyLimit({ limit: gate })(ok);
  const ends = [
    { status: 200, error: null },
    { status: 502, error: new ProxyError("connect_refused") },
    { status: 500, error: null },
    { status: 200, error: new ProxyError("client_gone") },
  ];
  for (const { status, error } of ends) {
    const exchange = makeExchange({ clock });
    await statusOf(handler, exchange);
    clock.advance(30);
    exchange.begin(reply(status));
    clock.advance(500);
    exchange.end(error, 0);
  }
  const gone = makeExchange({ clock });
  await statusOf(handler, gone);
  gone.end(null, 0);
  assertEquals(gate.told, [[30, 530], [], [], [], []]);
});

Deno.test("concurrencyLimit() throws when a number is out of range", () => {
  assertThrows(() => concurrencyLimit({ limit: 0 }), RangeError);
  for (const maxWaiting of [-1, 0.5]) {
    assertThrows(() => concurrencyLimit({ limit: 1, maxWaiting }), RangeError, "maxWaiting");
  }
  for (const retryAfterMs of [-1, NaN, Infinity]) {
    assertThrows(() => concurrencyLimit({ limit: 1, retryAfterMs }), RangeError, "retryAfterMs");
    assertThrows(() => loadShed({ limit: 1, retryAfterMs }), RangeError, "retryAfterMs");
  }
});

function circuit(clock: FakeClock): CircuitBreaker {
  return new CircuitBreaker({ trip: consecutiveFailures(2), openMs: 5_000, clock });
}

const ends: { name: string; status: number; error: ProxyError | null; outcome: string }[] = [
  { name: "a good answer", status: 200, error: null, outcome: "succeeded" },
  { name: "a client's mistake", status: 404, error: null, outcome: "succeeded" },
  { name: "status 500", status: 500, error: null, outcome: "failed" },
  {
    name: "a refused connection",
    status: 502,
    error: new ProxyError("connect_refused"),
    outcome: "failed",
  },
  {
    name: "a response that breaks off",
    status: 200,
    error: new ProxyError("upstream_body_broken"),
    outcome: "failed",
  },
  {
    name: "a deadline",
    status: 504,
    error: new ProxyError("deadline_exceeded"),
    outcome: "failed",
  },
  {
    name: "a client that left",
    status: 200,
    error: new ProxyError("client_gone"),
    outcome: "ignored",
  },
  { name: "a limit", status: 429, error: new ProxyError("rate_limited"), outcome: "ignored" },
  { name: "an overload", status: 503, error: new ProxyError("overloaded"), outcome: "ignored" },
];
for (const { name, status, error, outcome } of ends) {
  Deno.test(`breaker() takes ${name} for ${outcome}`, async () => {
    const metrics = new MetricRegistry();
    const one = circuit(new FakeClock());
    const handler = breaker({ breaker: one, metrics, name: "api" })(ok);
    for (let i = 0; i < 2; i++) {
      const exchange = makeExchange();
      await statusOf(handler, exchange);
      finish(exchange, status, error);
    }
    assertEquals(numbers(metrics, "pingo_breaker_calls_total")[`api,${outcome}`], 2);
    assertEquals(one.state, outcome === "failed" ? "open" : "closed");
  });
}

Deno.test("breaker() refuses while the circuit is open, and lets a probe pass afterwards", async () => {
  const clock = new FakeClock();
  const metrics = new MetricRegistry();
  const handler = breaker({ breaker: circuit(clock), metrics })(ok);
  for (let i = 0; i < 2; i++) {
    const exchange = makeExchange();
    await statusOf(handler, exchange);
    finish(exchange, 500);
  }
  const refused = await outcomeOf(handler, makeExchange());
  assert(refused instanceof ProxyError);
  assertEquals([refused.kind, refused.status], ["circuit_open", 503]);
  assertEquals(new HeaderList(refused.headers).get("retry-after"), "5");
  assertEquals(numbers(metrics, "pingo_breaker_calls_total")["default,rejected"], 1);
  clock.advance(5_000);
  const probe = makeExchange();
  assertEquals(await statusOf(handler, probe), 200);
  assertEquals(await statusOf(handler, makeExchange()), 503);
  finish(probe, 200);
  assertEquals(await statusOf(handler, makeExchange()), 200);
});

Deno.test("breaker() gives the permit of a probe back when the client leaves", async () => {
  const clock = new FakeClock();
  const one = circuit(clock);
  const handler = breaker({ breaker: one })(ok);
  for (let i = 0; i < 2; i++) one.acquire().failed();
  clock.advance(5_000);
  const probe = makeExchange();
  await statusOf(handler, probe);
  probe.end(new ProxyError("client_gone"), 0);
  assertEquals(await statusOf(handler, makeExchange()), 200);
});

Deno.test("breaker() asks isFailure, onOpen and the function that chooses", async () => {
  const one = circuit(new FakeClock());
  const handler = breaker({
    breaker: ({ path }) => path === "/free" ? null : one,
    isFailure: ({ status }) => status === 404,
    onOpen: ({ path }) => path === "/own" ? reply(299) : undefined,
  })(ok);
  for (const status of [500, 500, 404, 404]) {
    assertEquals(one.state, "closed");
    const exchange = makeExchange();
    await statusOf(handler, exchange);
    finish(exchange, status);
  }
  assertEquals(await statusOf(handler, makeExchange()), 503);
  assertEquals(await statusOf(handler, makeExchange({ target: "/free" })), 200);
  const own = makeExchange({ target: "/own" });
  assertEquals([await statusOf(handler, own), own.error?.kind], [299, "circuit_open"]);
});

Deno.test("loadShed() turns away by what is on its way, low priority first", async () => {
  const metrics = new MetricRegistry();
  const handler = loadShed({
    limit: 4,
    metrics,
    priority: ({ path }) => path === "/low" ? 0.5 : path === "/probe" ? Infinity : 1,
  })(ok);
  const get = (target: string) => statusOf(handler, makeExchange({ target }));
  const first = makeExchange();
  assertEquals([await statusOf(handler, first), await get("/low"), await get("/low")], [
    200,
    200,
    503,
  ]);
  assertEquals([await get("/"), await get("/"), await get("/")], [200, 200, 503]);
  assertEquals(await get("/probe"), 200);
  assertEquals(numbers(metrics, "pingo_load_shed_total"), { in_flight: 2, lag: 0 });
  finish(first, 200);
  assertEquals([await get("/"), await get("/")], [200, 503]);
});

Deno.test("loadShed() turns away by lag, low priority first", async () => {
  const metrics = new MetricRegistry();
  const lag = { lagMs: 0 };
  const handler = loadShed({
    lag,
    maxLagMs: 40,
    metrics,
    retryAfterMs: 3_000,
    priority: ({ path }) => path === "/low" ? 0.5 : path === "/probe" ? Infinity : 1,
  })(ok);
  const get = (target: string) => statusOf(handler, makeExchange({ target }));
  const all = async () => [await get("/low"), await get("/"), await get("/probe")];
  assertEquals(await all(), [200, 200, 200]);
  lag.lagMs = 20;
  assertEquals(await all(), [503, 200, 200]);
  lag.lagMs = 40;
  assertEquals(await all(), [503, 503, 200]);
  assertEquals(numbers(metrics, "pingo_load_shed_total"), { in_flight: 0, lag: 3 });
  const { headers } = await outcomeOf(handler, makeExchange());
  assertEquals(new HeaderList(headers).get("retry-after"), "3");
});

Deno.test("loadShed() throws when its options make no sense", () => {
  assertThrows(() => loadShed({}), TypeError, "limit, lag or both");
  for (const maxLagMs of [0, NaN, Infinity]) {
    assertThrows(() => loadShed({ limit: 1, maxLagMs }), RangeError, "maxLagMs");
  }
});

Deno.test("EventLoopLag rises at once, falls by half, and stops", () => {
  let now = 0;
  let fire = () => {};
  let timers = 0;
  const clock = {
    now: () => now,
    epoch: () => 0,
    setTimer(callback: () => void, _delayMs: number, options = {}) {
      assertEquals(options, { keepAlive: false });
      fire = callback;
      timers++;
      return () => void timers--;
    },
  };
  const lag = new EventLoopLag({ intervalMs: 50, clock });
  now = 50;
  timers--;
  fire();
  assertEquals(lag.lagMs, 0);
  now = 180; // due at 100, and it has not fired yet
  assertEquals(lag.lagMs, 80);
  timers--;
  fire();
  assertEquals(lag.lagMs, 80);
  for (const expected of [40, 20, 10]) {
    now += 50;
    timers--;
    fire();
    assertEquals(lag.lagMs, expected);
  }
  lag[Symbol.dispose]();
  assertEquals(timers, 0);
});

Deno.test("EventLoopLag throws when the interval is out of range", () => {
  for (const intervalMs of [0, NaN, Infinity]) {
    assertThrows(() => new EventLoopLag({ intervalMs }), RangeError);
  }
});

Deno.test("concurrencyLimit() refuses alike where the gate's own line is full", async () => {
  const metrics = new MetricRegistry();
  const limit = new ConcurrencyLimit(1, { maxWaiting: 0 });
  using _taken = limit.tryAcquire();
  const handler = concurrencyLimit({ limit, maxWaiting: 5, metrics })(ok);
  const refused = await outcomeOf(handler, makeExchange());
  assertEquals([refused.status, new HeaderList(refused.headers).get("retry-after")], [503, "1"]);
  assertEquals(numbers(metrics, "pingo_concurrency_rejected_total"), { default: 1 });
});

Deno.test("breaker() gives the permit of a probe back when isFailure throws", async () => {
  const clock = new FakeClock();
  const one = circuit(clock);
  const isFailure = (): never => {
    throw new Error("defect");
  };
  const handler = breaker({ breaker: one, isFailure })(ok);
  for (let i = 0; i < 2; i++) one.acquire().failed();
  clock.advance(5_000);
  const thrown: unknown[] = [];
  const probe = makeExchange({ onListenerError: (error) => thrown.push(error) });
  await statusOf(handler, probe);
  finish(probe, 200);
  assertEquals([thrown.length, one.isCallable], [1, true]);
});

Deno.test("EventLoopLag has no lag once it is disposed of", () => {
  const clock = new FakeClock();
  const lag = new EventLoopLag({ intervalMs: 50, clock });
  clock.advance(50);
  lag[Symbol.dispose]();
  clock.advance(10_000);
  assertEquals([lag.lagMs, clock.timerCount], [0, 0]);
});

Deno.test("breaker() tells who is refused what opened the circuit", async () => {
  const one = circuit(new FakeClock());
  const handler = breaker({ breaker: one })(ok);
  const reset = new ProxyError("connection_reset");
  for (let i = 0; i < 2; i++) {
    const exchange = makeExchange();
    await statusOf(handler, exchange);
    finish(exchange, 502, reset);
  }
  const refused = await outcomeOf(handler, makeExchange());
  assert(refused instanceof ProxyError);
  assertEquals(refused.cause, reset);
});

Deno.test("concurrencyLimit() lets maxWaiting wait, also where more may wait at the gate itself", async () => {
  const limit = new ConcurrencyLimit(1, { maxWaiting: 10 });
  const handler = concurrencyLimit({ limit, maxWaiting: 1 })(ok);
  const first = makeExchange();
  assertEquals(await statusOf(handler, first), 200);
  const second = makeExchange();
  const waiting = statusOf(handler, second);
  const third = makeExchange();
  const late = statusOf(handler, third);
  finish(first, 200);
  assertEquals([await waiting, await late], [200, 503]);
  finish(second, 200);
});
