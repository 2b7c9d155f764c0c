import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import { FakeClock, sleep, TimerWheel, withTimeout } from "@pingo/pingo/timeout";
import { CountingSignal } from "./_counting_signal.ts";

/** Work that never ends and does not listen. */
const deaf = (): Promise<never> => new Promise(() => {});

Deno.test("withTimeout() gives the value and leaves no timer", async () => {
  const clock = new FakeClock();
  assertEquals(await withTimeout(() => Promise.resolve(7), 100, { clock }), 7);
  assertEquals(await withTimeout(() => 8, 100, { clock }), 8);
  assertEquals(clock.timerCount, 0);
});

Deno.test("withTimeout() passes the work's own error on and leaves no timer", async () => {
  const clock = new FakeClock();
  const error = new Error("no");
  const fails = [
    () => Promise.reject(error),
    () => {
      throw error;
    },
  ];
  for (const run of fails) {
    const result = withTimeout<void>(run, 100, { clock });
    assertStrictEquals(await assertRejects(() => result), error);
  }
  assertEquals(clock.timerCount, 0);
});

Deno.test("withTimeout() rejects with deadline_exceeded when the time is over", async () => {
  const clock = new FakeClock();
  const result = withTimeout(deaf, 100, { clock });
  clock.advance(100);
  const error = await assertRejects(() => result, ProxyError, "100 ms are over");
  assertEquals(error.kind, "deadline_exceeded");
});

Deno.test("withTimeout() does not reject before the time is over", async () => {
  const clock = new FakeClock();
  const result = withTimeout((signal) => sleep(99, { clock, signal }), 100, { clock });
  await clock.advanceAsync(99);
  assertEquals(await result, undefined);
});

Deno.test("withTimeout() rejects with the error it is given, and tells the work", async () => {
  const clock = new FakeClock();
  const error = new ProxyError("upstream_timeout");
  let told: unknown;
  const run = (signal: AbortSignal): Promise<never> => {
    signal.addEventListener("abort", () => told = signal.reason);
    return deaf();
  };
  const result = withTimeout(run, 100, { clock, error: () => error });
  clock.advance(100);
  assertStrictEquals(await assertRejects(() => result), error);
  assertStrictEquals(told, error);
});

Deno.test("withTimeout() passes the reason of the caller's signal on", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const reason = new ProxyError("client_gone");
  let work: AbortSignal | undefined;
  const run = (signal: AbortSignal): Promise<never> => {
    work = signal;
    return deaf();
  };
  const result = withTimeout(run, 100, { clock, signal: stop.signal });
  stop.abort(reason);
  assertStrictEquals(await assertRejects(() => result), reason);
  assertStrictEquals(work?.reason, reason);
  assertEquals(clock.timerCount, 0);
});

Deno.test("withTimeout() does not start when the signal has fired before", async () => {
  let started = 0;
  const signal = AbortSignal.abort(new ProxyError("server_stopping"));
  await assertRejects(() => withTimeout(() => started++, 100, { signal }), ProxyError);
  assertEquals(started, 0);
});

Deno.test("withTimeout() ignores what the work does after the time is over", async () => {
  const clock = new FakeClock();
  const { promise, reject } = Promise.withResolvers<void>();
  const result = withTimeout(() => promise, 100, { clock });
  clock.advance(100);
  await assertRejects(() => result, ProxyError);
  reject(new Error("late")); // would be an unhandled rejection
  await clock.advanceAsync(0);
});

Deno.test("withTimeout() leaves no unhandled rejection when work is stopped and throws at once", async () => {
  const stop = new AbortController();
  const run = (): never => {
    stop.abort(new Error("stopped"));
    throw new RangeError("thrown");
  };
  await assertRejects(
    () => withTimeout(run, 100, { clock: new FakeClock(), signal: stop.signal }),
    RangeError,
  );
});

Deno.test("withTimeout() takes its listener off the signal", async () => {
  const clock = new FakeClock();
  const counting = new CountingSignal();
  await withTimeout(() => 1, 100, { clock, signal: counting.signal });
  const result = withTimeout(deaf, 100, { clock, signal: counting.signal });
  assertEquals(counting.listeners, 1);
  clock.advance(100);
  await assertRejects(() => result);
  assertEquals(counting.listeners, 0);
});

Deno.test("withTimeout() sets no timer when the time is without end", async () => {
  const clock = new FakeClock();
  const { promise, resolve } = Promise.withResolvers<number>();
  const result = withTimeout(() => promise, Infinity, { clock });
  assertEquals(clock.timerCount, 0);
  resolve(1);
  assertEquals(await result, 1);
});

for (const ms of [-1, NaN]) {
  Deno.test(`withTimeout() rejects with RangeError when the time is ${ms}`, async () => {
    await assertRejects(() => withTimeout(() => 1, ms), RangeError, "is not a duration");
  });
}

Deno.test("withTimeout() runs on a TimerWheel", async () => {
  const clock = new FakeClock();
  using wheel = new TimerWheel({ clock, resolutionMs: 50 });
  const result = withTimeout(deaf, 120, { clock: wheel });
  clock.advance(149);
  assertEquals(wheel.armedCount, 1);
  clock.advance(1);
  await assertRejects(() => result, ProxyError);
  assert(clock.timerCount === 0);
});

Deno.test("withTimeout() runs on the system's clock", async () => {
  await assertRejects(() => withTimeout(deaf, 1), ProxyError, "1 ms are over");
});

Deno.test("withTimeout() rejects with what the maker of its error throws", async () => {
  const clock = new FakeClock();
  const error = (): never => {
    throw new Error("defect");
  };
  const rejected = assertRejects(() => withTimeout(deaf, 100, { clock, error }), Error, "defect");
  clock.advance(100);
  await rejected;
});
