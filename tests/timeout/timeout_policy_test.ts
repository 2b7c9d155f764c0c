import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import { FakeClock, sleep, TimeoutPolicy } from "@pingo/pingo/timeout";

Deno.test("TimeoutPolicy gives each call its time, its signal and the rest of the context", async () => {
  const clock = new FakeClock();
  const policy = new TimeoutPolicy({ timeoutMs: 100, clock });
  assertEquals(policy.timeoutMs, 100);
  const aborted: unknown[] = [];
  for (let n = 1; n <= 2; n++) {
    const call = policy.call(({ attempt, signal }) => {
      assertEquals(attempt, n);
      signal?.addEventListener("abort", () => aborted.push(signal.reason));
      return sleep(500, { clock });
    }, { attempt: n });
    const rejected = assertRejects(() => call, ProxyError, "100 ms are over");
    clock.advance(100);
    assertEquals([await rejected], aborted.slice(n - 1));
  }
});

Deno.test("TimeoutPolicy makes its error by option", async () => {
  const clock = new FakeClock();
  const error = (): ProxyError => new ProxyError("upstream_timeout");
  const call = new TimeoutPolicy({ timeoutMs: 1, error, clock }).call(({ signal }) =>
    sleep(500, { clock, signal })
  );
  clock.advance(1);
  assertEquals((await assertRejects(() => call, ProxyError)).kind, "upstream_timeout");
  assertEquals(clock.timerCount, 0);
});

Deno.test("TimeoutPolicy hands the caller's signal on", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const call = new TimeoutPolicy({ timeoutMs: 100, clock }).call(
    ({ signal }) => sleep(500, { clock, signal }),
    { signal: controller.signal },
  );
  controller.abort(new Error("client left"));
  await assertRejects(() => call, Error, "client left");
  assertEquals(clock.timerCount, 0);
});

Deno.test("TimeoutPolicy throws RangeError when the time is none", () => {
  assertThrows(() => new TimeoutPolicy({ timeoutMs: NaN }), RangeError, "NaN ms");
});
