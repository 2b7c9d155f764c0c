import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import {
  constantBackoff,
  FakeClock,
  isRetryable,
  RetryBudget,
  type RetryEvent,
  RetryPolicy,
  type RetryPolicyOptions,
  sleep,
  withRetry,
} from "@pingo/pingo/timeout";
import { CountingSignal } from "../_counting_signal.ts";

const quick: RetryPolicyOptions = { backoff: constantBackoff(0) };

/** Fails so often, then gives the number of the attempt. */
function failing(times: number): (context: { attempt?: number }) => number {
  return ({ attempt = 0 }) => {
    if (attempt <= times) throw new Error(`failure ${attempt}`);
    return attempt;
  };
}

Deno.test("withRetry() gives what the first good attempt gives", async () => {
  assertEquals(await withRetry(failing(0), quick), 1);
  assertEquals(await withRetry(failing(2), quick), 3);
  assertEquals(await withRetry(() => Promise.resolve("fine")), "fine");
});

Deno.test("maxAttempts counts the first one too, and is 3 by default", async () => {
  for (const [maxAttempts, last] of [[undefined, 3], [1, 1], [5, 5]] as const) {
    let calls = 0;
    const call = withRetry((context) => {
      calls++;
      return failing(99)(context);
    }, { ...quick, maxAttempts });
    await assertRejects(() => call, Error, `failure ${last}`);
    assertEquals(calls, last);
  }
});

Deno.test("the pauses are those of the backoff, which sees retry, pause before and error", async () => {
  const clock = new FakeClock();
  const seen: unknown[] = [];
  const started: number[] = [];
  const call = withRetry((context) => {
    started.push(clock.now());
    return failing(3)(context);
  }, {
    maxAttempts: 4,
    clock,
    backoff: ({ retry, previousMs, error }) => {
      seen.push([retry, previousMs, error instanceof Error && error.message]);
      return retry * 100;
    },
  });
  await clock.advanceAsync(1_000);
  assertEquals(await call, 4);
  assertEquals(started, [0, 100, 300, 600]);
  assertEquals(seen, [[1, 0, "failure 1"], [2, 100, "failure 2"], [3, 200, "failure 3"]]);
});

Deno.test("a backoff that gives no duration ends the call with RangeError", async () => {
  await assertRejects(() => withRetry(failing(1), { backoff: () => NaN }), RangeError, "gave NaN");
});

Deno.test("isRetryable decides after which errors", async () => {
  const call = withRetry(failing(9), {
    ...quick,
    maxAttempts: 9,
    isRetryable: (error) => error instanceof Error && error.message !== "failure 2",
  });
  await assertRejects(() => call, Error, "failure 2");
});

const errors: { name: string; error: unknown; expected: boolean }[] = [
  { name: "connect_refused, retry yes", error: new ProxyError("connect_refused"), expected: true },
  {
    name: "connection_reset, retry if-reused",
    error: new ProxyError("connection_reset"),
    expected: false,
  },
  {
    name: "upstream_timeout, retry no",
    error: new ProxyError("upstream_timeout"),
    expected: false,
  },
  {
    name: "a ProxyError that says yes",
    error: new ProxyError("upstream_timeout", "", { retry: "yes" }),
    expected: true,
  },
  { name: "an Error", error: new Error(), expected: true },
  { name: "a TypeError, as of fetch", error: new TypeError(), expected: true },
  { name: "an AbortError", error: new DOMException("", "AbortError"), expected: false },
  { name: "a text", error: "no", expected: true },
];
for (const { name, error, expected } of errors) {
  Deno.test(`isRetryable() is ${expected} for ${name}`, async () => {
    assertEquals(isRetryable(error), expected);
    let calls = 0;
    await withRetry(() => {
      calls++;
      throw error;
    }, { ...quick, maxAttempts: 2 }).then(() => assert(false), () => {});
    assertEquals(calls, expected ? 2 : 1);
  });
}

Deno.test("the last error carries the earlier ones as its cause", async () => {
  const error = await assertRejects(() => withRetry(failing(9), { ...quick, maxAttempts: 2 }));
  assert(error instanceof Error && error.cause instanceof Error);
  assertEquals([error.message, error.cause.message], ["failure 2", "failure 1"]);

  const third = await assertRejects(() => withRetry(failing(9), quick));
  assert(third instanceof Error && third.cause instanceof AggregateError);
  assertEquals(third.cause.message, "2 earlier attempts failed");
  assertEquals(third.cause.errors.map(({ message }) => message), ["failure 1", "failure 2"]);
});

Deno.test("a ProxyError at the end is a copy with its own cause, the earlier ones and a context", async () => {
  const own = new Error("own cause");
  const last = new ProxyError("connect_refused", "Cannot connect", {
    cause: own,
    status: 599,
    retry: "yes",
    headers: [["retry-after", "1"]],
    context: ["peer a"],
  });
  const error = await assertRejects(
    () =>
      withRetry(({ attempt }) => {
        throw attempt === 2 ? last : new Error("failure 1");
      }, { ...quick, maxAttempts: 2 }),
    ProxyError,
  );
  assert(error.cause instanceof AggregateError);
  assertStrictEquals(error.cause.errors[0], own);
  assertEquals(error.cause.errors[1].message, "failure 1");
  assertEquals([error.kind, error.status, error.headers], [last.kind, 599, last.headers]);
  assertEquals(error.context, ["peer a", "attempt 2 of 2"]);
  assertStrictEquals(last.cause, own);
});

Deno.test("an error that is thrown each time does not become its own cause", async () => {
  const same = new Error("refused");
  assertStrictEquals(await assertRejects(() => withRetry(() => Promise.reject(same), quick)), same);
  assertEquals(same.cause, undefined);
  const [a, b] = [new Error("a"), new Error("b")];
  const throwing = (first: Error, second: Error): Promise<void> =>
    withRetry(({ attempt }) => {
      throw attempt === 1 ? first : second;
    }, { ...quick, maxAttempts: 2 });
  assertStrictEquals(await assertRejects(() => throwing(a, b)), b);
  assertStrictEquals(b.cause, a);
  assertStrictEquals(await assertRejects(() => throwing(b, a)), a);
  assertEquals(a.cause, undefined);
});

Deno.test("an error that can carry no cause stays as it is", async () => {
  const frozen = Object.freeze(new Error("frozen"));
  const caused = new Error("caused", { cause: "its own" });
  for (const last of [frozen, caused, "a text", undefined]) {
    const call = withRetry(({ attempt }) => {
      throw attempt === 2 ? last : new Error("failure 1");
    }, { ...quick, maxAttempts: 2 });
    await call.then(() => assert(false), (error) => assertStrictEquals(error, last));
  }
  assertEquals(caused.cause, "its own");
});

Deno.test("budget bounds the retries of all calls that share it", async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0, clock });
  const policy = new RetryPolicy({ ...quick, budget, maxAttempts: 2, clock });
  let calls = 0;
  for (let n = 0; n < 10; n++) {
    await assertRejects(() =>
      policy.call(() => {
        calls++;
        throw new ProxyError("connect_refused");
      })
    );
  }
  assertEquals(calls, 15);
});

Deno.test("a used up budget ends the call with the error of its attempt", async () => {
  const budget = new RetryBudget({ minPerSecond: 0, clock: new FakeClock() });
  const error = await assertRejects(
    () => withRetry(() => Promise.reject(new ProxyError("connect_refused")), { ...quick, budget }),
    ProxyError,
  );
  assertEquals(error.kind, "connect_refused");
  assertEquals(error.context, ["attempt 1 of 3, no budget for another"]);
});

Deno.test("an error that is not retryable takes nothing out of the budget", async () => {
  const budget = new RetryBudget({ clock: new FakeClock() });
  await assertRejects(() => withRetry(failing(9), { isRetryable: () => false, budget }));
  assertEquals(budget.balance, 100);
});

Deno.test("totalTimeoutMs ends an attempt with deadline_exceeded and the error before", async () => {
  const clock = new FakeClock();
  let aborted: unknown;
  const call = withRetry(({ attempt, signal }) => {
    if (attempt === 1) throw new Error("failure 1");
    signal?.addEventListener("abort", () => aborted = signal.reason);
    return new Promise<never>(() => {}); // does not listen
  }, { backoff: constantBackoff(100), totalTimeoutMs: 1_000, clock });
  const rejected = assertRejects(() => call, ProxyError, "1000 ms are over in attempt 2");
  await clock.advanceAsync(1_000);
  const error = await rejected;
  assertEquals(error.kind, "deadline_exceeded");
  assert(error.cause instanceof Error);
  assertEquals(error.cause.message, "failure 1");
  assertStrictEquals(aborted, error);
  assertEquals(clock.timerCount, 0);
});

Deno.test("a pause that would outlast totalTimeoutMs is not begun", async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget({ clock });
  const backoff = constantBackoff(400);
  const call = withRetry(failing(9), {
    backoff,
    totalTimeoutMs: 800,
    maxAttempts: 9,
    budget,
    clock,
  });
  const rejected = assertRejects(() => call, Error, "failure 2");
  await clock.advanceAsync(400);
  await rejected;
  assertEquals(clock.now(), 400);
  assertEquals(clock.timerCount, 0);
  assertEquals(budget.balance, 99);
});

Deno.test("the signal ends a pause at once", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const call = withRetry(failing(9), {
    backoff: constantBackoff(500),
    clock,
    signal: controller.signal,
  });
  await clock.advanceAsync(10);
  assertEquals(clock.timerCount, 1);
  const reason = new Error("client left");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => call), reason);
  assertEquals(clock.timerCount, 0);
});

Deno.test("no attempt is made after the signal has fired", async () => {
  const reason = new Error("client left");
  let calls = 0;
  const options = { ...quick, signal: AbortSignal.abort(reason) };
  assertStrictEquals(await assertRejects(() => withRetry(() => calls++, options)), reason);
  assertEquals(calls, 0);
  for (const backoff of [constantBackoff(0), constantBackoff(1)]) {
    const controller = new AbortController();
    const call = withRetry(() => {
      calls++;
      controller.abort(reason);
      throw new Error("failure");
    }, { backoff, signal: controller.signal });
    assertStrictEquals(await assertRejects(() => call), reason);
  }
  assertEquals(calls, 2);
});

Deno.test("a signal that fires in an attempt is what the call ends with, and no retry is told of", async () => {
  const reason = new Error("client left");
  for (const maxAttempts of [1, 3]) {
    const controller = new AbortController();
    let retries = 0;
    const call = withRetry(() => {
      controller.abort(reason);
      throw new Error("failure");
    }, { ...quick, maxAttempts, signal: controller.signal, onRetry: () => retries++ });
    assertStrictEquals(await assertRejects(() => call), reason);
    assertEquals(retries, 0);
  }
});

Deno.test("a signal that fires in onRetry ends the call before the next attempt", async () => {
  const controller = new AbortController();
  let calls = 0;
  const call = withRetry(() => {
    calls++;
    throw new Error("failure");
  }, { ...quick, signal: controller.signal, onRetry: () => controller.abort("enough") });
  await call.then(() => assert(false), (reason) => assertEquals(reason, "enough"));
  assertEquals(calls, 1);
});

Deno.test("onRetry hears of each retry", async () => {
  const heard: RetryEvent[] = [];
  const clock = new FakeClock();
  const onRetry = (event: RetryEvent): void => void heard.push(event);
  const call = withRetry(failing(2), { backoff: constantBackoff(5), onRetry, clock });
  await clock.advanceAsync(10);
  await call;
  assertEquals(heard.map(({ attempt, delayMs }) => [attempt, delayMs]), [[1, 5], [2, 5]]);
  assertEquals(heard.map(({ error }) => error instanceof Error && error.message), [
    "failure 1",
    "failure 2",
  ]);
});

Deno.test("withRetry() takes its listeners off the signal", async () => {
  const clock = new FakeClock();
  for (const totalTimeoutMs of [Infinity, 10_000]) {
    const counting = new CountingSignal();
    const options = {
      backoff: constantBackoff(10),
      totalTimeoutMs,
      clock,
      signal: counting.signal,
    };
    const call = withRetry(failing(2), options);
    await clock.advanceAsync(20);
    assertEquals(await call, 3);
    assertEquals([counting.listeners, clock.timerCount], [0, 0]);
  }
});

Deno.test("RetryPolicy gives each attempt the signal", async () => {
  const { signal } = new AbortController();
  await new RetryPolicy().call((context) => assertStrictEquals(context.signal, signal), { signal });
  const clock = new FakeClock();
  const limited = new RetryPolicy({ totalTimeoutMs: 100, clock });
  const call = limited.call(({ signal }) => sleep(500, { clock, signal }));
  const rejected = assertRejects(() => call, ProxyError, "100 ms are over");
  await clock.advanceAsync(100);
  await rejected;
  assertEquals(clock.timerCount, 0);
});

const outOfRange: { options: RetryPolicyOptions; text: string }[] = [
  { options: { maxAttempts: 0 }, text: "maxAttempts 0" },
  { options: { maxAttempts: 1.5 }, text: "maxAttempts 1.5" },
  { options: { totalTimeoutMs: -1 }, text: "-1 ms" },
];
for (const { options, text } of outOfRange) {
  Deno.test(`RetryPolicy throws RangeError when given ${text}`, async () => {
    assertThrows(() => new RetryPolicy(options), RangeError, text);
    await assertRejects(() => withRetry(() => 1, options), RangeError, text);
  });
}

Deno.test("withRetry() runs on the system's clock", async () => {
  assertEquals(await withRetry(failing(1), { backoff: constantBackoff(1) }), 2);
});
