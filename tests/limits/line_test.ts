import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ProxyError } from "../../errors/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";
import {
  FixedWindowLimiter,
  Gcra,
  LeakyQueue,
  MultiLimiter,
  type RateLimiter,
  SlidingLogLimiter,
  SlidingWindowLimiter,
  TokenBucket,
} from "@pingo/pingo/limits";

const limiters: { name: string; make: (clock: FakeClock, maxWaiting?: number) => RateLimiter }[] = [
  {
    name: "TokenBucket",
    make: (clock, maxWaiting) => new TokenBucket("2/s", { clock, maxWaiting }),
  },
  { name: "Gcra", make: (clock, maxWaiting) => new Gcra("2/s", { burst: 2, clock, maxWaiting }) },
  {
    name: "FixedWindowLimiter",
    make: (clock, maxWaiting) => new FixedWindowLimiter("2/s", { clock, maxWaiting }),
  },
  {
    name: "SlidingWindowLimiter",
    make: (clock, maxWaiting) => new SlidingWindowLimiter("2/s", { clock, maxWaiting }),
  },
  {
    name: "SlidingLogLimiter",
    make: (clock, maxWaiting) => new SlidingLogLimiter("2/s", { clock, maxWaiting }),
  },
  {
    name: "MultiLimiter",
    make: (clock, maxWaiting) =>
      new MultiLimiter([new TokenBucket("2/s", { clock }), new TokenBucket("100/s", { clock })], {
        clock,
        maxWaiting,
      }),
  },
];

for (const { name, make } of limiters) {
  Deno.test(`${name} throws when a number of units is broken`, async () => {
    const limiter = make(new FakeClock());
    for (const n of [-1, NaN, Infinity]) {
      assertThrows(() => limiter.allow(n), RangeError);
      assertThrows(() => limiter.take(n), RangeError);
      assertThrows(() => limiter.peek(n), RangeError);
      assertThrows(() => limiter.delayMs(n), RangeError);
      await assertRejects(() => limiter.wait({ n }), RangeError);
    }
    assertEquals(limiter.peek().remaining, 2);
  });

  Deno.test(`${name} never gives more units than there can be`, async () => {
    const limiter = make(new FakeClock());
    assertEquals(limiter.allow(3), false);
    assertEquals(limiter.take(3).retryAfterMs, Infinity);
    assertEquals(limiter.delayMs(3), Infinity);
    await assertRejects(() => limiter.wait({ n: 3 }), RangeError, "never more than 2");
  });

  Deno.test(`${name}.wait() rejects with the reason when the signal has fired`, async () => {
    const limiter = make(new FakeClock());
    const signal = AbortSignal.abort("gone");
    assertEquals(await limiter.wait({ signal }).catch((reason) => reason), "gone");
    assertEquals(limiter.peek().remaining, 2);
  });

  Deno.test(`${name}.wait() takes nothing and leaves no timer when the signal fires`, async () => {
    const clock = new FakeClock();
    const limiter = make(clock);
    limiter.allow(2);
    const controller = new AbortController();
    const waiting = limiter.wait({ signal: controller.signal });
    assertEquals([limiter.waiting, clock.timerCount], [1, 1]);
    controller.abort("gone");
    assertEquals(await waiting.catch((reason) => reason), "gone");
    assertEquals([limiter.waiting, clock.timerCount], [0, 0]);
    clock.advance(5_000);
    assertEquals(limiter.allow(2), true);
  });

  Deno.test(`${name} lets nobody pass while somebody waits`, async () => {
    const clock = new FakeClock();
    const limiter = make(clock);
    limiter.allow(2);
    const waiting = limiter.wait({ n: 2 });
    clock.advance(500);
    assertEquals(limiter.allow(), false);
    const { isAllowed, remaining, retryAfterMs } = limiter.take();
    assertEquals([isAllowed, remaining, retryAfterMs > 0], [false, 0, true]);
    assertEquals(limiter.peek().remaining, 0);
    clock.advance(3_000);
    await waiting;
    assertEquals([limiter.waiting, clock.timerCount], [0, 0]);
  });

  Deno.test(`${name}.wait() turns away with rate_limited when maxWaiting wait`, async () => {
    const clock = new FakeClock();
    const limiter = make(clock, 1);
    limiter.allow(2);
    const waiting = limiter.wait();
    const error = await limiter.wait().catch((error) => error);
    assertInstanceOf(error, ProxyError);
    assertEquals([error.kind, error.status], ["rate_limited", 429]);
    clock.advance(3_000);
    await waiting;
  });

  for (const maxWaiting of [-1, 0.5, NaN]) {
    Deno.test(`${name} throws when maxWaiting is ${maxWaiting}`, () => {
      assertThrows(() => make(new FakeClock(), maxWaiting), RangeError, "maxWaiting");
    });
  }
}

Deno.test("RateLimiter.wait() serves those who are due before one who asks, though the timer is late", async () => {
  // A clock whose timers do not fire: the event loop is busy.
  const late = new FakeClock();
  const clock = { now: () => late.now(), epoch: () => 0, setTimer: () => () => {} };
  const limiter = new TokenBucket("1/s", { clock });
  limiter.allow();
  const waiting = limiter.wait();
  late.advance(1_000);
  assertEquals(limiter.allow(), false);
  await waiting;
});

const broken: { name: string; make: () => unknown; error: new () => Error }[] = [
  { name: "burst 0", make: () => new TokenBucket("1/s", { burst: 0 }), error: RangeError },
  { name: "burst NaN", make: () => new TokenBucket("1/s", { burst: NaN }), error: RangeError },
  {
    name: "more tokens than burst",
    make: () => new TokenBucket("1/s", { burst: 1, tokens: 2 }),
    error: RangeError,
  },
  {
    name: "a pacer's burst below 1",
    make: () => new Gcra("1/s", { burst: 0.5 }),
    error: RangeError,
  },
  {
    name: "a window's limit below 1",
    make: () => new FixedWindowLimiter("0.5/s"),
    error: RangeError,
  },
  {
    name: "a name with a line break",
    make: () => new Gcra("1/s", { name: "a\n" }),
    error: TypeError,
  },
  { name: "an empty name", make: () => new Gcra("1/s", { name: "" }), error: TypeError },
  { name: "a rate that is none", make: () => new TokenBucket("fast"), error: TypeError },
  { name: "no limiter to join", make: () => new MultiLimiter([]), error: TypeError },
  {
    name: "a limiter joined with itself",
    make: () => {
      const one = new TokenBucket("1/s");
      return new MultiLimiter([one, one]);
    },
    error: TypeError,
  },
  {
    name: "a queue of half a place",
    make: () => new LeakyQueue("1/s", { maxLength: 0.5 }),
    error: RangeError,
  },
];
for (const { name, make, error } of broken) {
  Deno.test(`limiters cannot be made with ${name}`, () => {
    assertThrows(make, error);
  });
}

Deno.test("TokenBucket begins with as many tokens as it is told", () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket("1/s", { burst: 3, tokens: 1, clock, name: "mine" });
  assertEquals([bucket.allow(), bucket.allow()], [true, false]);
  assertEquals(bucket.peek().policy, { name: "mine", limit: 1, windowMs: 1_000 });
});

Deno.test("TokenBucket takes fractions of a token", () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket("1/s", { clock });
  assertEquals([bucket.allow(0.75), bucket.allow(0.5), bucket.allow(0.25)], [true, false, true]);
  clock.advance(500);
  assertEquals([bucket.allow(0.5), bucket.allow(0.25)], [true, false]);
});

Deno.test("TokenBucket holds one token when its rate is below one", () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket("0.5/s", { clock });
  assertEquals([bucket.allow(), bucket.allow()], [true, false]);
  assertEquals(bucket.delayMs(), 2_000);
});

Deno.test("TokenBucket keeps its rate over many fills at a clock that has run for months", () => {
  const start = 2 ** 33 + 0.1;
  const clock = new FakeClock({ now: start });
  const bucket = new TokenBucket("100000/s", { burst: 2, tokens: 0, clock });
  let taken = 0;
  for (let i = 0; i < 100_000; i++) {
    clock.advance(0.005);
    if (bucket.allow()) taken++;
  }
  const owed = (clock.now() - start) * 100;
  assertEquals(Math.abs(taken - owed) <= 2, true, `${taken} of ${owed} taken`);
});

Deno.test("SlidingLogLimiter throws when units are broken", async () => {
  const limiter = new SlidingLogLimiter("5/s");
  assertThrows(() => limiter.allow(0.5), RangeError, "whole number");
  assertThrows(() => limiter.take(0.5), RangeError, "whole number");
  assertThrows(() => limiter.peek(0.5), RangeError, "whole number");
  assertThrows(() => limiter.delayMs(0.5), RangeError, "whole number");
  await assertRejects(() => limiter.wait({ n: 0.5 }), RangeError, "whole number");
});

Deno.test("LeakyQueue lets one through at a time, and a cancelled one frees its place", async () => {
  const clock = new FakeClock();
  const queue = new LeakyQueue("10/s", { maxLength: 2, clock, name: "queue" });
  assertEquals(queue.policies[0].name, "queue");
  const passed: number[] = [];
  const controller = new AbortController();
  const all = [
    queue.pass().then(() => passed.push(clock.now())),
    queue.pass({ signal: controller.signal }).catch((reason) => reason),
    queue.pass().then(() => passed.push(clock.now())),
  ];
  assertEquals(queue.length, 2);
  controller.abort("gone");
  assertEquals(queue.length, 1);
  all.push(queue.pass().then(() => passed.push(clock.now())));
  await assertRejects(() => queue.pass(), ProxyError, "2 wait already");
  await clock.advanceAsync(300);
  await Promise.all(all);
  assertEquals(passed, [0, 100, 200]);
});

Deno.test("SlidingLogLimiter remembers each moment when its ring grows in the middle of a round", () => {
  const clock = new FakeClock();
  const limiter = new SlidingLogLimiter("40/s", { clock });
  // The ring begins anew in its middle.
  for (let i = 0; i < 5; i++) limiter.allow();
  clock.advance(1_000);
  const moments: number[] = [];
  for (let i = 0; i < 300; i++) {
    clock.advance(i % 7 === 0 ? 90 : 10 + i % 3);
    const now = clock.now();
    const inside = moments.filter((moment) => now - moment < 1_000);
    const expected = inside.length < 40;
    assertEquals(limiter.peek().remaining, 40 - inside.length);
    if (inside.length > 0) {
      assertEquals(limiter.delayMs(40), 1_000 - (now - moments[moments.length - 1]));
    }
    assertEquals(limiter.allow(), expected);
    if (expected) moments.push(now);
  }
});

for (const { name, make } of limiters) {
  Deno.test(`${name} does not hear of a signal that fires when the wait is over`, async () => {
    const clock = new FakeClock();
    const limiter = make(clock);
    limiter.allow(2);
    const controller = new AbortController();
    const waiting = limiter.wait({ signal: controller.signal });
    clock.advance(3_000);
    await waiting;
    limiter.allow(2);
    limiter.allow(1);
    const others = [limiter.wait(), limiter.wait()];
    controller.abort("too late");
    assertEquals(limiter.waiting, 2);
    clock.advance(10_000);
    await Promise.all(others);
    assertEquals([limiter.waiting, clock.timerCount], [0, 0]);
  });
}
