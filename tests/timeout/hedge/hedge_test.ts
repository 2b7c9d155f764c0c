import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { assertThrows } from "@std/assert";
import { ProxyError } from "@pingo/pingo/errors";
import {
  type CallContext,
  FakeClock,
  hedge,
  HedgePolicy,
  type HedgePolicyOptions,
  PercentileLatency,
  RetryBudget,
  sleep,
} from "@pingo/pingo/timeout";
import { CountingSignal } from "../_counting_signal.ts";

/** What attempt n does, from 1 on: takes a time, then answers or fails. */
interface Plan {
  readonly ms: number;
  readonly answer?: string;
  readonly error?: unknown;
  /** Does not listen to its signal. */
  readonly isDeaf?: boolean;
}

class Server {
  readonly clock = new FakeClock();
  readonly started: number[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #plans: readonly Plan[];

  constructor(...plans: readonly Plan[]) {
    this.#plans = plans;
  }

  readonly answer = async ({ attempt = 0, signal }: CallContext): Promise<string> => {
    this.started.push(this.clock.now());
    if (signal !== undefined) this.signals.push(signal);
    const { ms, answer, error, isDeaf } = this.#plans[attempt - 1];
    await sleep(ms, { clock: this.clock, signal: isDeaf ? undefined : signal });
    if (answer === undefined) throw error;
    return answer;
  };
}

Deno.test("hedge() makes one attempt when the first answers in time", async () => {
  const server = new Server({ ms: 49, answer: "a" });
  const { clock } = server;
  const call = hedge(server.answer, { delayMs: 50, clock });
  await clock.advanceAsync(49);
  assertEquals(await call, "a");
  assertEquals([server.started, clock.timerCount], [[0], 0]);
});

Deno.test("hedge() takes the first answer, aborts the others, leaves no timer", async () => {
  const server = new Server({ ms: 1_000, answer: "a" }, { ms: 30, answer: "b" });
  const { clock } = server;
  const call = hedge(server.answer, { delayMs: 50, clock });
  await clock.advanceAsync(80);
  assertEquals(await call, "b");
  assertEquals(server.started, [0, 50]);
  assertEquals(server.signals.map(({ aborted }) => aborted), [true, false]);
  assertEquals(server.signals[0].reason.name, "AbortError");
  assertEquals(clock.timerCount, 0);
});

Deno.test("hedge() still takes the first attempt's answer when it comes first", async () => {
  const server = new Server({ ms: 60, answer: "a" }, { ms: 30, answer: "b" });
  const call = hedge(server.answer, { delayMs: 50, clock: server.clock });
  await server.clock.advanceAsync(60);
  assertEquals(await call, "a");
  assertEquals(server.clock.timerCount, 0);
});

Deno.test("maxAttempts bounds the attempts, one each delayMs", async () => {
  const slow: Plan = { ms: 1_000, answer: "slow" };
  for (
    const [maxAttempts, started] of [
      [undefined, [0, 50]],
      [1, [0]],
      [4, [0, 50, 100, 150]],
    ] as const
  ) {
    const server = new Server(slow, slow, slow, slow, slow);
    const call = hedge(server.answer, { delayMs: 50, maxAttempts, clock: server.clock });
    await server.clock.advanceAsync(1_000);
    assertEquals(await call, "slow");
    assertEquals(server.started, [...started]);
    assertEquals(server.clock.timerCount, 0);
  }
});

Deno.test("an attempt that fails is followed by the next at once, which starts the delay anew", async () => {
  const slow: Plan = { ms: 100, answer: "fine" };
  const server = new Server({ ms: 10, error: new Error("reset") }, slow, slow);
  const call = hedge(server.answer, { delayMs: 50, maxAttempts: 3, clock: server.clock });
  await server.clock.advanceAsync(200);
  assertEquals(await call, "fine");
  assertEquals(server.started, [0, 10, 60]);
});

Deno.test("hedge() fails with the last error when all attempts fail, the others as its cause", async () => {
  const errors = [new Error("first"), new Error("second"), new Error("third")];
  const server = new Server(
    { ms: 100, error: errors[0] },
    { ms: 10, error: errors[1] },
    { ms: 10, error: errors[2] },
  );
  const { clock } = server;
  const call = hedge(server.answer, { delayMs: 50, maxAttempts: 3, clock });
  const rejected = assertRejects(() => call);
  await clock.advanceAsync(100);
  const error = await rejected;
  assertStrictEquals(error, errors[0]); // it was the last to end
  assert(errors[0].cause instanceof AggregateError);
  assertEquals(errors[0].cause.errors, [errors[1], errors[2]]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("an operation that throws at once fails like one that rejects", async () => {
  let calls = 0;
  const call = hedge(() => {
    calls++;
    throw new Error("at once");
  }, { delayMs: 50, clock: new FakeClock() });
  await assertRejects(() => call, Error, "at once");
  assertEquals(calls, 2);
});

Deno.test("isFatal ends the whole call", async () => {
  const fatal = new ProxyError("bad_response", "Cannot read head");
  const server = new Server({ ms: 1_000, answer: "a" }, { ms: 10, error: fatal });
  const { clock } = server;
  const isFatal = (error: unknown): boolean => error === fatal;
  const call = hedge(server.answer, { delayMs: 50, maxAttempts: 3, isFatal, clock });
  const rejected = assertRejects(() => call, ProxyError, "Cannot read head");
  await clock.advanceAsync(60);
  assertEquals((await rejected).context, ["2 of 3 hedged attempts"]);
  assertEquals(server.started, [0, 50]);
  assert(server.signals[0].aborted);
  assertEquals(clock.timerCount, 0);
});

Deno.test("isGood decides which answers win; the last bad one is returned, others discarded", async () => {
  const isGood = (answer: string): boolean => answer.startsWith("good");
  const discarded: string[] = [];
  const discard = (answer: string): void => void discarded.push(answer);

  const better = new Server({ ms: 10, answer: "bad" }, { ms: 10, answer: "good" });
  const options = { delayMs: 50, isGood, discard };
  const first = hedge(better.answer, { ...options, clock: better.clock });
  await better.clock.advanceAsync(20);
  assertEquals(await first, "good");
  assertEquals(discarded, ["bad"]);

  discarded.length = 0;
  const worse = new Server({ ms: 10, answer: "bad 1" }, { ms: 10, answer: "bad 2" });
  const second = hedge(worse.answer, { ...options, clock: worse.clock });
  await worse.clock.advanceAsync(20);
  assertEquals(await second, "bad 2");
  assertEquals(discarded, ["bad 1"]);

  discarded.length = 0;
  const broken = new Server({ ms: 10, answer: "bad" }, { ms: 10, error: new Error("reset") });
  const third = hedge(broken.answer, { ...options, clock: broken.clock });
  await broken.clock.advanceAsync(20);
  assertEquals(await third, "bad");
  assertEquals(discarded, []);
});

Deno.test("isGood that throws is a failed attempt", async () => {
  const server = new Server({ ms: 1, answer: "a" }, { ms: 1, answer: "b" });
  const call = hedge(server.answer, {
    delayMs: 50,
    clock: server.clock,
    isGood: () => {
      throw new Error("defect");
    },
  });
  const rejected = assertRejects(() => call, Error, "defect");
  await server.clock.advanceAsync(2);
  await rejected;
});

Deno.test("discard gets what a loser answers that does not listen", async () => {
  const server = new Server({ ms: 500, answer: "late", isDeaf: true }, { ms: 10, answer: "b" });
  const discarded: string[] = [];
  const discard = (answer: string): void => void discarded.push(answer);
  const call = hedge(server.answer, { delayMs: 50, discard, clock: server.clock });
  await server.clock.advanceAsync(60);
  assertEquals(await call, "b");
  assertEquals(discarded, []);
  await server.clock.advanceAsync(440);
  assertEquals(discarded, ["late"]);
});

Deno.test("waitForLosers ends the call when all attempts have ended", async () => {
  const server = new Server({ ms: 500, answer: "late", isDeaf: true }, { ms: 10, answer: "b" });
  const call = hedge(server.answer, { delayMs: 50, waitForLosers: true, clock: server.clock });
  let isOver = false;
  void call.then(() => isOver = true);
  await server.clock.advanceAsync(499);
  assertFalse(isOver);
  await server.clock.advanceAsync(1);
  assertEquals(await call, "b");
});

Deno.test("a loser that fails late is nobody's unhandled rejection", async () => {
  const late: Plan = { ms: 500, error: new Error("late"), isDeaf: true };
  const server = new Server(late, { ms: 10, answer: "b" });
  const call = hedge(server.answer, { delayMs: 50, clock: server.clock });
  await server.clock.advanceAsync(1_000);
  assertEquals(await call, "b");
});

Deno.test("the caller's signal ends all attempts with its reason", async () => {
  const slow: Plan = { ms: 1_000, answer: "a" };
  const server = new Server(slow, slow, slow);
  const { clock } = server;
  const controller = new AbortController();
  const options = { delayMs: 50, maxAttempts: 3, clock, signal: controller.signal };
  const call = hedge(server.answer, options);
  await clock.advanceAsync(60);
  const reason = new Error("client left");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => call), reason);
  assertEquals(server.signals.map(({ reason }) => reason), [reason, reason]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("hedge() makes no attempt when the signal has fired before", async () => {
  const server = new Server();
  const reason = new Error("client left");
  const options = { delayMs: 50, clock: server.clock, signal: AbortSignal.abort(reason) };
  assertStrictEquals(await assertRejects(() => hedge(server.answer, options)), reason);
  assertEquals([server.started, server.clock.timerCount], [[], 0]);
});

Deno.test("hedge() takes its listener off the signal", async () => {
  const counting = new CountingSignal();
  const options = { delayMs: 50, clock: new FakeClock(), signal: counting.signal };
  assertEquals(await hedge(() => 1, options), 1);
  await assertRejects(() => hedge(() => Promise.reject(new Error("no")), options));
  assertEquals(counting.listeners, 0);
});

Deno.test("budget bounds the extra attempts of all calls that share it", async () => {
  const slow: Plan = { ms: 100, answer: "slow" };
  const server = new Server(slow, slow);
  const { clock } = server;
  const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0, clock });
  const policy = new HedgePolicy({ delayMs: 50, budget, clock });
  const calls = Promise.all(Array.from({ length: 10 }, () => policy.call(server.answer)));
  await clock.advanceAsync(100);
  await calls;
  assertEquals(server.started.length, 15);
});

Deno.test("an estimate decides the delay, and is fed with answers and the least of losers", async () => {
  const recorded: number[] = [];
  const estimate = { currentMs: 70, record: (ms: number): void => void recorded.push(ms) };
  const server = new Server({ ms: 1_000, answer: "a" }, { ms: 30, answer: "b" });
  const call = hedge(server.answer, { delayMs: estimate, clock: server.clock });
  await server.clock.advanceAsync(100);
  assertEquals(await call, "b");
  assertEquals(server.started, [0, 70]);
  assertEquals(recorded, [30, 100]);
});

Deno.test("HedgePolicy with a PercentileLatency waits as long as calls usually take", async () => {
  const clock = new FakeClock();
  const latency = new PercentileLatency({ initialMs: 1_000, minSamples: 10 });
  const policy = new HedgePolicy({ delayMs: latency, clock });
  for (let n = 0; n < 10; n++) {
    const call = policy.call(({ signal }) => sleep(20, { clock, signal }));
    await clock.advanceAsync(20);
    await call;
  }
  assertEquals(latency.currentMs, 20);
});

const outOfRange: { options: HedgePolicyOptions; text: string }[] = [
  { options: { delayMs: -1 }, text: "delayMs -1" },
  { options: { delayMs: Infinity }, text: "delayMs Infinity" },
  { options: { delayMs: 1, maxAttempts: 0 }, text: "maxAttempts 0" },
];
for (const { options, text } of outOfRange) {
  Deno.test(`HedgePolicy and hedge() throw RangeError when given ${text}`, async () => {
    assertThrows(() => new HedgePolicy(options), RangeError, text);
    await assertRejects(() => hedge(() => 1, options), RangeError, text);
  });
}

Deno.test("hedge() runs on the system's clock", async () => {
  const answer = await hedge(async ({ attempt = 1, signal }) => {
    await sleep(attempt === 1 ? 60_000 : 1, { signal });
    return attempt;
  }, { delayMs: 1, waitForLosers: true });
  assertEquals(answer, 2);
});

Deno.test("isFatal that throws ends the call, and is nobody's unhandled rejection", async () => {
  const call = hedge(() => Promise.reject(new Error("refused")), {
    delayMs: 50,
    clock: new FakeClock(),
    isFatal: () => {
      throw new Error("defect");
    },
  });
  await assertRejects(() => call, Error, "defect");
});

Deno.test("discard gets the answer that isGood throws about", async () => {
  const discarded: number[] = [];
  const call = hedge(({ attempt = 0 }) => attempt, {
    delayMs: 50,
    clock: new FakeClock(),
    isGood: () => {
      throw new Error("defect");
    },
    discard: (answer) => void discarded.push(answer),
  });
  await assertRejects(() => call, Error, "defect");
  assertEquals(discarded, [1, 2]);
});

const estimates: { name: string; currentMs: () => number; text: string }[] = [
  { name: "is no number", currentMs: () => NaN, text: "currentMs NaN" },
  { name: "has no end", currentMs: () => Infinity, text: "currentMs Infinity" },
  {
    name: "throws",
    currentMs: () => {
      throw new Error("defect");
    },
    text: "defect",
  },
];
for (const { name, currentMs, text } of estimates) {
  for (const good of [0, 1]) {
    Deno.test(`hedge() fails when the estimate ${name} before attempt ${good + 1}`, async () => {
      const { clock, answer } = new Server(...[1, 2, 3].map(() => ({ ms: 100, answer: "a" })));
      let reads = 0;
      const delayMs = {
        get currentMs() {
          return reads++ < good ? 10 : currentMs();
        },
        record() {},
      };
      const counting = new CountingSignal();
      const call = hedge(answer, { delayMs, maxAttempts: 3, clock, signal: counting.signal });
      const rejected = assertRejects(() => call, Error, text);
      await clock.advanceAsync(10);
      await rejected;
      assertEquals([clock.timerCount, counting.listeners], [0, 0]);
    });
  }
}

Deno.test("an estimate that cannot be fed loses no answer", async () => {
  const reported: unknown[] = [];
  const hear = (event: ErrorEvent): void => {
    event.preventDefault();
    reported.push(event.error);
  };
  addEventListener("error", hear);
  try {
    const defect = new Error("defect");
    const delayMs = {
      currentMs: 10,
      record() {
        throw defect;
      },
    };
    assertEquals(await hedge(() => "a", { delayMs, clock: new FakeClock() }), "a");
    assertEquals(reported, [defect]);
  } finally {
    removeEventListener("error", hear);
  }
});
