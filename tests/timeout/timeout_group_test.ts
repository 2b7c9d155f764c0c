import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import { FakeClock, sleep, TimeoutGroup, TimerWheel } from "@pingo/pingo/timeout";
import { CountingSignal } from "./_counting_signal.ts";

const deaf = (): Promise<never> => new Promise<never>(() => {});

Deno.test("go() gives what the operation gives, wait() ends when all have ended", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock });
  const a = group.go(() => 1);
  const b = group.go(({ signal }) => sleep(300, { clock, signal }).then(() => "b"));
  const ended: string[] = [];
  const waiting = group.wait().then(() => ended.push("wait"));
  assertEquals(await a, 1);
  assertEquals([ended, group.pendingCount, group.remainingMs], [[], 1, 1_000]);
  await clock.advanceAsync(300);
  assertEquals(await b, "b");
  await waiting;
  assertEquals([ended, group.pendingCount, clock.timerCount], [["wait"], 0, 0]);
});

Deno.test("wait() of nothing ends at once", async () => {
  await using group = new TimeoutGroup(1_000);
  await group.wait();
});

Deno.test("the deadline cancels all operations together, and whoever waits hears at once", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock });
  const reasons: unknown[] = [];
  const listening = group.go(({ signal }) =>
    sleep(5_000, { clock, signal }).catch((reason) => {
      reasons.push(reason);
      throw reason;
    })
  );
  const not = group.go(deaf);
  const waits = [listening, not, group.wait()].map((each) => assertRejects(() => each, ProxyError));
  await clock.advanceAsync(999);
  assertEquals([group.remainingMs, group.isExpired], [1, false]);
  await clock.advanceAsync(1);
  const [error, second, third] = await Promise.all(waits);
  assertStrictEquals(error, second);
  assertStrictEquals(error, third);
  assertStrictEquals(reasons[0], error);
  assertEquals(error.kind, "deadline_exceeded");
  assertEquals([group.remainingMs, group.isExpired, group.pendingCount], [0, true, 1]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("the time starts with the group: a later operation has the rest", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock });
  await group.go(() => 1);
  assertEquals(clock.timerCount, 0);
  clock.advance(900);
  assertEquals(group.remainingMs, 100);
  const late = assertRejects(() => group.go(deaf), ProxyError, "1000 ms are over");
  await clock.advanceAsync(100);
  await late;
});

Deno.test("go() refuses what comes after the deadline", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock });
  clock.advance(1_000);
  let calls = 0;
  await assertRejects(() => group.go(() => calls++), ProxyError, "1000 ms are over");
  await assertRejects(() => group.wait(), ProxyError, "1000 ms are over");
  assertEquals(calls, 0);
});

Deno.test("the first failure cancels the others, and wait() tells of it when they have ended", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock });
  const defect = new Error("refused");
  const other = group.go(async ({ signal }) => {
    try {
      await sleep(500, { clock, signal });
    } catch (reason) {
      await sleep(50, { clock }); // cleaning up
      throw reason;
    }
  });
  const failing = group.go(() => Promise.reject(defect));
  let isOver = false;
  const waiting = group.wait().finally(() => isOver = true);
  const rejected = assertRejects(() => waiting);
  assertStrictEquals(await assertRejects(() => failing), defect);
  assertStrictEquals(await assertRejects(() => other), defect);
  assertFalse(isOver);
  await clock.advanceAsync(50);
  assertStrictEquals(await rejected, defect);
  assertEquals(clock.timerCount, 0);
  assertStrictEquals(await assertRejects(() => group.go(() => 1)), defect);
});

Deno.test("an operation that throws at once has failed too", async () => {
  await using group = new TimeoutGroup(1_000, { clock: new FakeClock() });
  const call = group.go(() => {
    throw new Error("at once");
  });
  await assertRejects(() => call, Error, "at once");
  await assertRejects(() => group.wait(), Error, "at once");
});

Deno.test("cancelOnError false lets the others go on", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock, cancelOnError: false });
  const other = group.go(({ signal }) => sleep(500, { clock, signal }).then(() => "fine"));
  const failing = [1, 2].map((n) => group.go(() => Promise.reject(new Error(`failure ${n}`))));
  const waiting = assertRejects(() => group.wait(), Error, "failure 1");
  await Promise.allSettled(failing);
  await clock.advanceAsync(500);
  assertEquals(await other, "fine");
  await waiting;
});

Deno.test("wait() tells of a failure although another operation never listens", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(1_000, { clock });
  void group.go(deaf);
  void group.go(() => Promise.reject(new Error("refused")));
  const waiting = assertRejects(() => group.wait(), Error, "refused");
  await clock.advanceAsync(1_000);
  await waiting;
});

Deno.test("cancel() gives all operations its reason, an AbortError by default", async () => {
  const clock = new FakeClock();
  for (const reason of [undefined, new Error("enough")]) {
    await using group = new TimeoutGroup(1_000, { clock });
    const call = group.go(({ signal }) => sleep(500, { clock, signal }));
    group.cancel(reason);
    group.cancel(new Error("too late"));
    const error = await assertRejects(() => call);
    if (reason === undefined) assert(error instanceof Error && error.name === "AbortError");
    else assertStrictEquals(error, reason);
    assertStrictEquals(await assertRejects(() => group.wait()), error);
    assertStrictEquals(await assertRejects(() => group.go(() => 1)), error);
    assertEquals(clock.timerCount, 0);
  }
});

Deno.test("what an operation makes of its cancellation is no failure of its own", async () => {
  const group = new TimeoutGroup(1_000, { clock: new FakeClock() });
  const call = group.go(({ signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("clean-up failed")));
    })
  );
  const reason = new Error("enough");
  group.cancel(reason);
  assertStrictEquals(await assertRejects(() => call), reason);
  assertStrictEquals(await assertRejects(() => group.wait()), reason);
});

Deno.test("the caller's signal cancels the group", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  await using group = new TimeoutGroup(1_000, { clock, signal: controller.signal });
  const call = group.go(({ signal }) => sleep(500, { clock, signal }));
  const reason = new Error("client left");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => call), reason);
  await using late = new TimeoutGroup(1_000, { clock, signal: controller.signal });
  let calls = 0;
  assertStrictEquals(await assertRejects(() => late.go(() => calls++)), reason);
  assertEquals(calls, 0);
});

Deno.test("a group whose operations have ended holds no listener, without being left", async () => {
  const clock = new FakeClock();
  const counting = new CountingSignal();
  const group = new TimeoutGroup(1_000, { clock, signal: counting.signal });
  assertEquals(counting.listeners, 0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = group.go(() => promise);
  assertEquals([counting.listeners, clock.timerCount], [1, 1]);
  resolve();
  await call;
  await group.wait();
  assertEquals([counting.listeners, clock.timerCount], [0, 0]);
});

Deno.test("a signal that fires while nothing runs cancels the group all the same", async () => {
  const controller = new AbortController();
  const group = new TimeoutGroup(1_000, { clock: new FakeClock(), signal: controller.signal });
  await group.go(() => 1);
  controller.abort(new Error("client left"));
  await assertRejects(() => group.wait(), Error, "client left");
  await assertRejects(() => group.go(() => 1), Error, "client left");
});

Deno.test("leaving the scope cancels what runs, waits for its end, refuses what comes", async () => {
  const clock = new FakeClock();
  const counting = new CountingSignal();
  const steps: string[] = [];
  const group = new TimeoutGroup(1_000, { clock, signal: counting.signal });
  const call = group.go(async ({ signal }) => {
    await sleep(500, { clock, signal }).catch(() => {});
    await sleep(10, { clock });
    steps.push("cleaned up");
  });
  const left = group[Symbol.asyncDispose]().then(() => steps.push("left"));
  await assertRejects(() => call, DOMException);
  await clock.advanceAsync(10);
  await left;
  await group[Symbol.asyncDispose]();
  assertEquals(steps, ["cleaned up", "left"]);
  assertEquals([clock.timerCount, counting.listeners], [0, 0]);
  assertThrows(() => group.go(() => 1), Error, "the group has ended");
});

Deno.test("leaving the scope waits for a deaf operation until the deadline at most", async () => {
  const clock = new FakeClock();
  const group = new TimeoutGroup(1_000, { clock });
  void group.go(deaf);
  let isLeft = false;
  const left = group[Symbol.asyncDispose]().then(() => isLeft = true);
  await clock.advanceAsync(999);
  assertFalse(isLeft);
  await clock.advanceAsync(1);
  await left;
  assertEquals(clock.timerCount, 0);
});

Deno.test("nobody needs to look at the promise of an operation that fails", async () => {
  // An unhandled rejection would fail this test.
  const clock = new FakeClock();
  await using group = new TimeoutGroup(100, { clock });
  void group.go(() => Promise.reject(new Error("refused")));
  void group.go(deaf);
  await clock.advanceAsync(200);
});

Deno.test("a group without end has no timer", async () => {
  const clock = new FakeClock();
  await using group = new TimeoutGroup(Infinity, { clock });
  const { promise, resolve } = Promise.withResolvers<void>();
  void group.go(() => promise);
  assertEquals([clock.timerCount, group.remainingMs], [0, Infinity]);
  resolve();
  await group.wait();
});

for (const ms of [-1, NaN]) {
  Deno.test(`TimeoutGroup throws RangeError when the time is ${ms}`, () => {
    assertThrows(() => new TimeoutGroup(ms), RangeError, "is not a duration");
  });
}

Deno.test("TimeoutGroup runs on a TimerWheel and on the system's clock", async () => {
  const clock = new FakeClock();
  using wheel = new TimerWheel({ clock, resolutionMs: 50 });
  await using coarse = new TimeoutGroup(120, { clock: wheel });
  const late = assertRejects(() => coarse.go(deaf), ProxyError);
  await clock.advanceAsync(150);
  await late;
  await using group = new TimeoutGroup(1);
  await assertRejects(() => group.go(deaf), ProxyError, "1 ms are over");
});

Deno.test("go() keeps nothing of an operation that has ended", async () => {
  const program = `
    import { TimeoutGroup } from "@pingo/pingo/timeout";
    const group = new TimeoutGroup(Infinity);
    const results: WeakRef<object>[] = [];
    for (let n = 0; n < 100; n++) await group.go(() => {
      const result = {};
      results.push(new WeakRef(result));
      return result;
    });
    await new Promise((fire) => setTimeout(fire, 0));
    gc();
    console.log(results.filter((each) => each.deref() !== undefined).length, group.pendingCount);
    declare function gc(): void;
  `;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", "--v8-flags=--expose-gc", program],
  });
  const { stdout, stderr } = await command.output();
  const [kept] = new TextDecoder().decode(stdout).split(" ");
  assertEquals(new TextDecoder().decode(stderr), "");
  // The machine's registers and stack may still hold the last one.
  assert(Number(kept) <= 1, `${kept} of 100 are kept`);
});
