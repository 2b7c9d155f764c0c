import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { assertThrows } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitChange,
  consecutiveFailures,
  FakeClock,
} from "@pingo/pingo/timeout";

const refused = new Error("refused");
const fail = (): never => {
  throw refused;
};

function breakerOf(
  options: CircuitBreakerOptions = {},
): { breaker: CircuitBreaker; clock: FakeClock } {
  const clock = new FakeClock();
  const trip = consecutiveFailures(1);
  return { clock, breaker: new CircuitBreaker({ trip, openMs: 1_000, clock, ...options }) };
}

/** Opens it and lets the open time pass. */
function due(options: CircuitBreakerOptions = {}): { breaker: CircuitBreaker; clock: FakeClock } {
  const made = breakerOf(options);
  made.breaker.acquire().failed(refused);
  made.clock.advance(1_000);
  return made;
}

Deno.test("call() gives the result and hands the context on", async () => {
  const { breaker } = breakerOf();
  const { signal } = new AbortController();
  const context = { signal, attempt: 3 };
  assertStrictEquals(await breaker.call((each) => each, context), context);
  assertEquals(await breaker.call(() => Promise.resolve(7)), 7);
});

Deno.test("call() opens after five failures in a row, for 30 s, by default", async () => {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker({ clock });
  for (let n = 0; n < 5; n++) {
    assertEquals(breaker.state, "closed");
    assertStrictEquals(await assertRejects(() => breaker.call(fail)), refused);
  }
  assertEquals(breaker.state, "open");
  assertEquals(breaker.retryAfterMs, 30_000);
});

Deno.test("call() is refused while open, with cause, name and Retry-After", async () => {
  const { breaker, clock } = breakerOf({ openMs: 2_500, name: "10.0.0.7:80" });
  await assertRejects(() => breaker.call(fail));
  clock.advance(100);
  let calls = 0;
  const error = await assertRejects(
    () => breaker.call(() => calls++),
    ProxyError,
    "Cannot call 10.0.0.7:80: its circuit is open",
  );
  assertEquals([calls, error.kind, error.status], [0, "circuit_open", 503]);
  assertStrictEquals(error.cause, refused);
  assertEquals(error.headers, [["retry-after", "3"]]);
});

Deno.test("call() lets one probe pass when the open time is over, which closes it", async () => {
  const { breaker, clock } = breakerOf();
  await assertRejects(() => breaker.call(fail));
  clock.advance(999);
  await assertRejects(() => breaker.call(() => 1), ProxyError);
  clock.advance(1);
  assertEquals(breaker.state, "open");
  const { promise, resolve } = Promise.withResolvers<number>();
  const probe = breaker.call(() => promise);
  assertEquals(breaker.state, "half_open");
  await assertRejects(() => breaker.call(() => 1), ProxyError, "its circuit is half open");
  resolve(1);
  assertEquals(await probe, 1);
  assertEquals(breaker.state, "closed");
  assertEquals(await breaker.call(() => 2), 2);
});

Deno.test("call() opens again when the probe fails", async () => {
  const { breaker, clock } = due();
  await assertRejects(() => breaker.call(fail), Error, "refused");
  assertEquals([breaker.state, breaker.retryAfterMs], ["open", 1_000]);
  clock.advance(999);
  assertEquals(breaker.tryAcquire(), null);
});

Deno.test("call() counts anew, and only anew, after the circuit has closed again", async () => {
  const { breaker, clock } = breakerOf({ trip: consecutiveFailures(2) });
  const late = breaker.acquire();
  for (let round = 0; round < 3; round++) {
    await assertRejects(() => breaker.call(fail), Error, "refused");
    assertEquals(breaker.state, "closed");
    late.succeeded(); // of the first round: in the others it says nothing
    if (round === 0) await assertRejects(() => breaker.call(fail), Error, "refused");
    await assertRejects(() => breaker.call(fail), Error, "refused");
    assertEquals(breaker.state, "open");
    clock.advance(1_000);
    assertEquals(await breaker.call(() => 1), 1);
    assertEquals(breaker.state, "closed");
    assertEquals(await breaker.call(() => 2), 2);
  }
});

Deno.test("call() that is refused half open is told to come back in a second", async () => {
  const { breaker } = due();
  breaker.acquire();
  const error = await assertRejects(() => breaker.call(() => 1), ProxyError, "half open");
  assertEquals(error.headers, [["retry-after", "1"]]);
});

Deno.test("call() that is refused after a recovery does not tell of an old failure", async () => {
  const { breaker } = due();
  breaker.acquire().succeeded();
  using _hold = breaker.isolate();
  const error = await assertRejects(() => breaker.call(() => 1), ProxyError, "isolated");
  assertEquals(error.cause, undefined);
});

Deno.test("call() does not begin when the signal has fired, and counts nothing", async () => {
  const { breaker } = breakerOf();
  const reason = new Error("client left");
  let calls = 0;
  const call = breaker.call(() => calls++, { signal: AbortSignal.abort(reason) });
  assertStrictEquals(await assertRejects(() => call), reason);
  assertEquals([calls, breaker.state], [0, "closed"]);
});

const given: { name: string; reason: unknown; state: string }[] = [
  { name: "an AbortError", reason: new DOMException("left", "AbortError"), state: "closed" },
  { name: "a text", reason: "client left", state: "closed" },
  { name: "client_gone", reason: new ProxyError("client_gone"), state: "closed" },
  {
    name: "upstream_timeout of the caller",
    reason: new ProxyError("upstream_timeout"),
    state: "closed",
  },
  { name: "a TimeoutError", reason: new DOMException("slow", "TimeoutError"), state: "open" },
  { name: "deadline_exceeded", reason: new ProxyError("deadline_exceeded"), state: "open" },
];
for (const { name, reason, state } of given) {
  Deno.test(`call() is ${state} after the caller's signal fired with ${name}`, async () => {
    const { breaker } = breakerOf();
    const controller = new AbortController();
    const call = breaker.call(
      ({ signal }) =>
        new Promise<void>((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
      { signal: controller.signal },
    );
    controller.abort(reason);
    await call.then(() => assert(false), (error) => assertStrictEquals(error, reason));
    assertEquals(breaker.state, state);
  });
}

Deno.test("isFailure decides which errors count", async () => {
  const { breaker } = breakerOf({ isFailure: (error) => error !== refused });
  await assertRejects(() => breaker.call(fail));
  assertEquals(breaker.state, "closed");
  await assertRejects(() => breaker.call(() => Promise.reject(new Error("other"))));
  assertEquals(breaker.state, "open");
});

Deno.test("isFailedResult decides which results count, and they are returned", async () => {
  const { breaker } = breakerOf({ isFailedResult: (status) => status === 503 });
  assertEquals(await breaker.call(() => 404), 404);
  assertEquals(breaker.state, "closed");
  assertEquals(await breaker.call(() => 503), 503);
  assertEquals(breaker.state, "open");
});

Deno.test("an error that does not count gives its probe back", async () => {
  const { breaker } = due({ isFailure: () => false });
  await assertRejects(() => breaker.call(fail), Error, "refused");
  assertEquals(breaker.state, "half_open");
  assert(breaker.isCallable);
  assertEquals(await breaker.call(() => 1), 1);
  assertEquals(breaker.state, "closed");
});

Deno.test("openMs takes a backoff over the openings since it was closed", () => {
  const { breaker, clock } = breakerOf({
    openMs: ({ retry, previousMs, error }) => {
      assertStrictEquals(error, refused);
      return retry === 1 ? 100 : previousMs * 2;
    },
  });
  const openings: number[] = [];
  for (let n = 0; n < 4; n++) {
    breaker.acquire().failed(refused);
    openings.push(breaker.retryAfterMs);
    clock.advance(breaker.retryAfterMs);
  }
  assertEquals(openings, [100, 200, 400, 800]);
  breaker.acquire().succeeded();
  breaker.acquire().failed(refused);
  assertEquals(breaker.retryAfterMs, 100);
});

Deno.test("a backoff that gives no duration throws and leaves the state", () => {
  const { breaker } = breakerOf({ openMs: () => NaN });
  assertThrows(() => breaker.acquire().failed(), RangeError, "the backoff gave NaN ms");
  assertEquals(breaker.state, "closed");
});

Deno.test("halfOpenProbes is how many pass, and must succeed", () => {
  const { breaker } = due({ halfOpenProbes: 3 });
  const [a, b, c] = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
  assertEquals(breaker.tryAcquire(), null);
  assertFalse(breaker.isCallable);
  a.succeeded();
  b.release();
  assertEquals(breaker.state, "half_open");
  const d = breaker.acquire(); // in the place of the one that was given back
  assertEquals(breaker.tryAcquire(), null);
  c.succeeded();
  d.succeeded();
  assertEquals(breaker.state, "closed");
});

Deno.test("isCallable tells in each state what a call would find", () => {
  const { breaker, clock } = breakerOf();
  assert(breaker.isCallable);
  breaker.acquire().failed();
  assertFalse(breaker.isCallable);
  clock.advance(1_000);
  assertEquals([breaker.isCallable, breaker.state], [true, "open"]);
  const probe = breaker.acquire();
  assertFalse(breaker.isCallable);
  probe.release();
  assert(breaker.isCallable);
  using _hold = breaker.isolate();
  assertFalse(breaker.isCallable);
});

Deno.test("the first probe that fails opens it, what others say then is late", () => {
  const { breaker, clock } = due({ halfOpenProbes: 2 });
  const [a, b] = [breaker.acquire(), breaker.acquire()];
  a.failed();
  assertEquals(breaker.state, "open");
  clock.advance(1_000);
  const c = breaker.acquire();
  b.succeeded();
  b.failed();
  assertEquals(breaker.state, "half_open");
  c.succeeded();
  assertEquals(breaker.state, "half_open");
  breaker.acquire().succeeded();
  assertEquals(breaker.state, "closed");
});

Deno.test("a probe counts once, however often it is settled", () => {
  const { breaker } = due({ halfOpenProbes: 2 });
  const probe = breaker.acquire();
  probe.succeeded();
  probe.succeeded();
  probe.release();
  assertEquals(breaker.state, "half_open");
  breaker.acquire();
  assertEquals(breaker.tryAcquire(), null);
});

Deno.test("a probe that is disposed of unsettled is given back", () => {
  const { breaker } = due();
  {
    using probe = breaker.acquire();
    assert(probe !== null);
    assertEquals(breaker.tryAcquire(), null);
  }
  using again = breaker.tryAcquire();
  again?.succeeded();
  assertEquals(breaker.state, "closed");
});

Deno.test("probes that never end count as failed after probeTimeoutMs", () => {
  const { breaker, clock } = due({ halfOpenProbes: 2, probeTimeoutMs: 5_000 });
  breaker.acquire();
  clock.advance(4_000);
  breaker.acquire();
  clock.advance(4_999);
  assertEquals([breaker.tryAcquire(), breaker.isCallable], [null, false]);
  assertEquals(breaker.state, "half_open");
  clock.advance(1);
  // Who asks before calling must find it out too.
  assertEquals([breaker.isCallable, breaker.tryAcquire()], [true, null]);
  assertEquals([breaker.state, breaker.isCallable], ["open", false]);
  clock.advance(1_000);
  assert(breaker.tryAcquire() !== null);
});

Deno.test("what began before it opened does not count afterwards", () => {
  const { breaker, clock } = breakerOf();
  const [late, later] = [breaker.acquire(), breaker.acquire()];
  breaker.acquire().failed();
  late.succeeded();
  assertEquals(breaker.state, "open");
  clock.advance(1_000);
  breaker.acquire().succeeded();
  assertEquals(breaker.state, "closed");
  later.failed();
  assertEquals(breaker.state, "closed");
});

Deno.test("tryAcquire() allocates no permit while it is closed", () => {
  const { breaker } = breakerOf();
  assertStrictEquals(breaker.tryAcquire(), breaker.tryAcquire());
});

Deno.test("isolate() refuses everything until the last hold is gone, then it is closed", async () => {
  const { breaker, clock } = breakerOf();
  const [a, b] = [breaker.isolate(), breaker.isolate()];
  assertEquals([breaker.state, breaker.retryAfterMs], ["isolated", Infinity]);
  clock.advance(1e9);
  const error = await assertRejects(() => breaker.call(() => 1), ProxyError, "is isolated");
  assertEquals(error.headers, []);
  a[Symbol.dispose]();
  a[Symbol.dispose]();
  assertEquals(breaker.state, "isolated");
  b[Symbol.dispose]();
  assertEquals(breaker.state, "closed");
});

Deno.test("isolate() outlasts a probe that is on its way", () => {
  const { breaker } = due();
  const probe = breaker.acquire();
  {
    using _hold = breaker.isolate();
    probe.failed();
    assertEquals(breaker.state, "isolated");
  }
  assertEquals(breaker.state, "closed");
});

Deno.test("subscribe() tells of each change and each refusal", () => {
  const { breaker, clock } = breakerOf();
  const heard: unknown[] = [];
  const subscription = breaker.subscribe({
    changed: (change: CircuitChange) => heard.push(change),
    rejected: (state) => heard.push(state),
  });
  breaker.acquire().failed(refused);
  breaker.tryAcquire();
  clock.advance(1_000);
  breaker.acquire();
  breaker.tryAcquire();
  breaker.isolate()[Symbol.dispose]();
  assertEquals(heard, [
    { from: "closed", to: "open", error: refused, openMs: 1_000 },
    "open",
    { from: "open", to: "half_open", error: undefined, openMs: 0 },
    "half_open",
    { from: "half_open", to: "isolated", error: undefined, openMs: 0 },
    { from: "isolated", to: "closed", error: undefined, openMs: 0 },
  ]);
  subscription[Symbol.dispose]();
  breaker.acquire().failed();
  assertEquals(heard.length, 6);
});

Deno.test("a listener that throws harms no call, and goes to reportError", async () => {
  const { breaker } = breakerOf();
  const reported: unknown[] = [];
  const hear = (event: ErrorEvent): void => {
    event.preventDefault();
    reported.push(event.error);
  };
  addEventListener("error", hear);
  try {
    const defect = new Error("a listener's");
    let told = 0;
    breaker.subscribe({
      changed: () => {
        throw defect;
      },
    });
    breaker.subscribe({ changed: () => told++ });
    assertStrictEquals(await assertRejects(() => breaker.call(fail)), refused);
    assertEquals([reported, told, breaker.state], [[defect], 1, "open"]);
  } finally {
    removeEventListener("error", hear);
  }
});

Deno.test("a listener may change the circuit that tells it", () => {
  const { breaker } = due();
  breaker.subscribe({
    changed: ({ to }) => {
      if (to === "half_open") breaker.isolate();
    },
  });
  assertEquals(breaker.tryAcquire(), null);
  assertEquals(breaker.state, "isolated");
});

const outOfRange: { options: CircuitBreakerOptions; text: string }[] = [
  { options: { openMs: -1 }, text: "openMs -1" },
  { options: { openMs: Infinity }, text: "openMs Infinity" },
  { options: { halfOpenProbes: 0 }, text: "halfOpenProbes 0" },
  { options: { halfOpenProbes: 1.5 }, text: "halfOpenProbes 1.5" },
  { options: { probeTimeoutMs: NaN }, text: "NaN ms" },
];
for (const { options, text } of outOfRange) {
  Deno.test(`CircuitBreaker throws RangeError when given ${text}`, () => {
    assertThrows(() => new CircuitBreaker(options), RangeError, text);
  });
}

Deno.test("CircuitBreaker sets no timer", async () => {
  const { breaker, clock } = breakerOf();
  await breaker.call(() => 1);
  await assertRejects(() => breaker.call(fail));
  assertEquals(clock.timerCount, 0);
});

Deno.test("CircuitBreaker runs on the system's clock", async () => {
  const breaker = new CircuitBreaker({ trip: consecutiveFailures(1), openMs: 0 });
  await assertRejects(() => breaker.call(fail));
  assertEquals(await breaker.call(() => "fine"), "fine");
  assertEquals(breaker.state, "closed");
});

Deno.test("subscribe() tells all listeners in the order in which it came about", () => {
  const { breaker } = breakerOf();
  const heard: string[] = [];
  breaker.subscribe({
    changed: ({ to }) => {
      if (to === "open") breaker.isolate();
    },
  });
  breaker.subscribe({ changed: ({ from, to }) => heard.push(`${from} ${to}`) });
  breaker.acquire().failed();
  assertEquals(heard, ["closed open", "open isolated"]);
});

const defects: { name: string; options: CircuitBreakerOptions; probe: () => unknown }[] = [
  {
    name: "isFailure",
    options: {
      isFailure: () => {
        throw new Error("defect");
      },
    },
    probe: fail,
  },
  {
    name: "isFailedResult",
    options: {
      isFailedResult: () => {
        throw new Error("defect");
      },
    },
    probe: () => 1,
  },
];
for (const { name, options, probe } of defects) {
  Deno.test(`call() gives the permit of a probe back when ${name} throws`, async () => {
    const { breaker } = due(options);
    await assertRejects(async () => await breaker.call(probe), Error, "defect");
    assertEquals([breaker.state, breaker.isCallable], ["half_open", true]);
  });
}

Deno.test("isolate() of a circuit that is isolated already tells nobody", () => {
  const { breaker } = breakerOf();
  const heard: string[] = [];
  breaker.subscribe({ changed: ({ from, to }) => heard.push(`${from} ${to}`) });
  const holds = [breaker.isolate(), breaker.isolate()];
  for (const hold of holds) hold[Symbol.dispose]();
  assertEquals(heard, ["closed isolated", "isolated closed"]);
});
