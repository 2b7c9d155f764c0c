import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { type Handler, HeaderList, MetricRegistry, reply } from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import {
  type AsyncLimiter,
  FixedWindowLimiter,
  KeyedTokenBucket,
  MultiKeyedLimiter,
} from "@pingo/pingo/limits";
import { rateLimit, type RateLimitOptions } from "@pingo/pingo/limits/http";
import { makeExchange, numbers, outcomeOf, statusOf } from "./_exchange.ts";

function oneAMinute(name?: string): KeyedTokenBucket {
  return new KeyedTokenBucket("1/m", { clock: new FakeClock(), name });
}

Deno.test("rateLimit() lets each client have the rate, and answers with 429 beyond it", async () => {
  const handler = rateLimit({ rate: "2/m" })(() => reply(200));
  const statuses = [];
  for (const address of ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1", "::ffff:192.0.2.1"]) {
    statuses.push(await statusOf(handler, makeExchange({ address })));
  }
  assertEquals(statuses, [200, 200, 200, 429, 429]);
});

Deno.test("rateLimit() throws rate_limited with Retry-After, which logs and error pages know", async () => {
  const handler = rateLimit({ limiter: oneAMinute("mine") })(() => reply(200));
  await outcomeOf(handler, makeExchange());
  const error = await outcomeOf(handler, makeExchange());
  assertInstanceOf(error, ProxyError);
  assertEquals(error.kind, "rate_limited");
  assertEquals(error.message, 'Cannot pass on the request: the limit "mine" is used up');
  assertEquals(error.headers, [
    ["Retry-After", "60"],
    ["RateLimit-Policy", '"mine";q=1;w=60'],
    ["RateLimit", '"mine";r=0;t=60'],
  ]);
});

const choices: { headers: RateLimitOptions["headers"]; names: string[] }[] = [
  { headers: undefined, names: ["ratelimit-policy", "ratelimit"] },
  { headers: "draft", names: ["ratelimit-policy", "ratelimit"] },
  {
    headers: "legacy",
    names: ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
  },
  {
    headers: "both",
    names: [
      "ratelimit-policy",
      "ratelimit",
      "x-ratelimit-limit",
      "x-ratelimit-remaining",
      "x-ratelimit-reset",
    ],
  },
  { headers: "none", names: [] },
];
for (const { headers, names } of choices) {
  Deno.test(`rateLimit() writes ${names.length} fields when headers is ${headers}`, async () => {
    const handler = rateLimit({ limiter: oneAMinute(), headers })(async () => await reply(200));
    const passed = await outcomeOf(handler, makeExchange());
    assertEquals(
      [...new HeaderList(passed.headers).keys()].map((name) => name.toLowerCase()),
      names,
    );
    const refused = await outcomeOf(handler, makeExchange());
    assertEquals(
      [...new HeaderList(refused.headers).keys()].map((name) => name.toLowerCase()),
      ["retry-after", ...names],
    );
  });
}

Deno.test("rateLimit() writes the older fields with seconds from now", async () => {
  const clock = new FakeClock();
  const limiter = new FixedWindowLimiter("10/m", { clock });
  const handler = rateLimit({ limiter, headers: "legacy" })(() => reply(200));
  await outcomeOf(handler, makeExchange());
  clock.advance(20_500);
  const { headers } = await outcomeOf(handler, makeExchange());
  assertEquals([...new HeaderList(headers)], [
    ["X-RateLimit-Limit", "10"],
    ["X-RateLimit-Remaining", "8"],
    ["X-RateLimit-Reset", "40"],
  ]);
});

Deno.test("rateLimit() leaves an upstream's list and replaces what is no list", async () => {
  const upstream = {
    RateLimit: '"theirs";r=1',
    "RateLimit-Policy": '"theirs";q=2',
    "X-RateLimit-Limit": "2",
  };
  const handler = rateLimit({ limiter: oneAMinute(), headers: "both" })(() =>
    new Response(null, { headers: upstream })
  );
  const { headers } = await outcomeOf(handler, makeExchange());
  const map = new HeaderList(headers);
  assertEquals(map.get("ratelimit"), '"theirs";r=1, "default";r=0;t=60');
  assertEquals(map.get("ratelimit-policy"), '"theirs";q=2, "default";q=1;w=60');
  assertEquals(map.get("x-ratelimit-limit"), "1");
});

Deno.test("rateLimit() tells nothing of coming again when a request costs more than there ever is", async () => {
  const handler = rateLimit({ limiter: oneAMinute(), cost: 2 })(() => reply(200));
  const error = await outcomeOf(handler, makeExchange());
  assertEquals([error.status, new HeaderList(error.headers).has("retry-after")], [429, false]);
  assertEquals(new HeaderList(error.headers).get("ratelimit"), '"default";r=1');
});

Deno.test("rateLimit() takes what cost says, and tells the unit", async () => {
  const limiter = new KeyedTokenBucket("1000/m", { clock: new FakeClock() });
  const handler = rateLimit({
    limiter,
    unit: "content-bytes",
    cost: ({ request }) => Number(request.headers.get("content-length")),
  })(() => reply(200));
  const send = (length: string) =>
    outcomeOf(handler, makeExchange({ headers: { "content-length": length } }));
  const first = await send("700");
  assertEquals(
    new HeaderList(first.headers).get("ratelimit-policy"),
    '"default";q=1000;qu="content-bytes";w=60',
  );
  assertEquals(new HeaderList(first.headers).get("ratelimit"), '"default";r=300;t=42');
  assertEquals((await send("301")).status, 429);
  assertEquals((await send("300")).status, 200);
});

Deno.test("rateLimit() counts nobody whose key is null", async () => {
  const handler = rateLimit({
    limiter: oneAMinute(),
    key: ({ path }) => path === "/free" ? null : "all",
  })(
    () => reply(200),
  );
  const get = (target: string) => statusOf(handler, makeExchange({ target }));
  assertEquals([await get("/free"), await get("/free"), await get("/"), await get("/")], [
    200,
    200,
    200,
    429,
  ]);
});

Deno.test("rateLimit() counts all together when the limiter has no keys", async () => {
  const limiter = new FixedWindowLimiter("1/m", { clock: new FakeClock() });
  const handler = rateLimit({ limiter })(() => reply(200));
  assertEquals(await statusOf(handler, makeExchange({ address: "192.0.2.1" })), 200);
  assertEquals(await statusOf(handler, makeExchange({ address: "192.0.2.2" })), 429);
});

Deno.test("rateLimit() waits for a limiter that has to ask elsewhere", async () => {
  const local = oneAMinute();
  const limiter: AsyncLimiter = {
    policies: local.policies,
    take: async (key, n) => await Promise.resolve(local.take(key, n)),
  };
  const handler = rateLimit({ limiter })(() => reply(200));
  const passed = await outcomeOf(handler, makeExchange());
  assertEquals([passed.status, new HeaderList(passed.headers).get("ratelimit")], [
    200,
    '"default";r=0;t=60',
  ]);
  assertEquals(await statusOf(handler, makeExchange()), 429);
  const broken: AsyncLimiter = { ...limiter, take: () => Promise.reject(new Error("gone")) };
  await assertRejects(
    async () => await rateLimit({ limiter: broken })(() => reply(200))(makeExchange()),
    Error,
    "gone",
  );
});

Deno.test("rateLimit() tells all policies and the tightest state when several limits hold", async () => {
  const clock = new FakeClock();
  const limiter = new MultiKeyedLimiter([
    new KeyedTokenBucket("2/s", { name: "burst", clock }),
    new KeyedTokenBucket("3/h", { name: "hourly", clock }),
  ]);
  const handler = rateLimit({ limiter, cost: 2 })(() => reply(200));
  const { headers } = await outcomeOf(handler, makeExchange());
  assertEquals(
    new HeaderList(headers).get("ratelimit-policy"),
    '"burst";q=2;w=1, "hourly";q=3;w=3600',
  );
  clock.advance(1_000);
  const refused = await outcomeOf(handler, makeExchange());
  assertEquals(new HeaderList(refused.headers).get("ratelimit"), '"hourly";r=1;t=1199');
  assertEquals(new HeaderList(refused.headers).get("retry-after"), "1199");
});

Deno.test("rateLimit() answers with what onLimited gives, and the log knows why", async () => {
  const limiter = oneAMinute();
  const seen: boolean[] = [];
  const handler = rateLimit({
    limiter,
    onLimited: async ({ path }, { isAllowed }) => {
      seen.push(isAllowed);
      return await Promise.resolve(path === "/own" ? reply(420) : undefined);
    },
  })(() => reply(200));
  await outcomeOf(handler, makeExchange());
  const own = makeExchange({ target: "/own" });
  assertEquals(await statusOf(handler, own), 420);
  assertEquals(own.error?.kind, "rate_limited");
  assertInstanceOf(await outcomeOf(handler, makeExchange()), ProxyError);
  assertEquals(seen, [false, false]);
  const direct = rateLimit({ limiter, onLimited: () => new Response(null, { status: 421 }) })(() =>
    reply(200)
  );
  assertEquals(await statusOf(direct, makeExchange()), 421);
});

Deno.test("rateLimit() counts outcomes by the name of the limit", async () => {
  const metrics = new MetricRegistry();
  const handler = rateLimit({ limiter: oneAMinute("mine"), metrics })(() => reply(200));
  for (let i = 0; i < 3; i++) await outcomeOf(handler, makeExchange());
  assertEquals(numbers(metrics, "pingo_rate_limit_requests_total"), {
    "mine,allowed": 1,
    "mine,limited": 2,
  });
});

Deno.test("rateLimit() throws when its options make no sense", () => {
  const rate = "1/s";
  assertThrows(() => rateLimit({}), TypeError, "one of rate and limiter");
  assertThrows(
    () => rateLimit({ rate, limiter: oneAMinute() }),
    TypeError,
    "one of rate and limiter",
  );
  assertThrows(() => rateLimit({ rate: "fast" }), TypeError, "rate");
  for (const cost of [-1, NaN, Infinity]) {
    assertThrows(() => rateLimit({ rate, cost }), RangeError, "cost");
  }
  const headers = "x" as "draft";
  assertThrows(() => rateLimit({ rate, headers }), TypeError, "headers");
  const unit = 'a"' as "requests";
  assertThrows(() => rateLimit({ rate, unit }), TypeError, "unit");
  assert(rateLimit({ rate, cost: 0 }) !== undefined);
});

const inside: { name: string; handler: Handler }[] = [
  {
    name: "throws",
    handler: () => {
      throw new ProxyError("circuit_open", undefined, { headers: [["Retry-After", "5"]] });
    },
  },
  {
    name: "rejects",
    handler: async () => {
      await Promise.resolve();
      throw new ProxyError("circuit_open", undefined, { headers: [["Retry-After", "5"]] });
    },
  },
];
for (const { name, handler } of inside) {
  Deno.test(`rateLimit() writes its fields on the error when the handler ${name}`, async () => {
    const error = await outcomeOf(rateLimit({ limiter: oneAMinute() })(handler), makeExchange());
    assertInstanceOf(error, ProxyError);
    assertEquals([error.kind, error.status], ["circuit_open", 503]);
    assertEquals(error.headers, [
      ["Retry-After", "5"],
      ["RateLimit-Policy", '"default";q=1;w=60'],
      ["RateLimit", '"default";r=0;t=60'],
    ]);
    const bare = rateLimit({ limiter: oneAMinute(), headers: "none" })(handler);
    assertEquals((await outcomeOf(bare, makeExchange())).headers, [["Retry-After", "5"]]);
  });
}

Deno.test("rateLimit() hands on an error as it is that is no ProxyError", async () => {
  const defect = new Error("defect");
  const handler = rateLimit({ limiter: oneAMinute() })(() => Promise.reject(defect));
  assertStrictEquals(await assertRejects(async () => await handler(makeExchange())), defect);
});

Deno.test("rateLimit() leaves the refusal of another one inside what it says of itself", async () => {
  const outer = new KeyedTokenBucket("9/m", { clock: new FakeClock(), name: "outer" });
  const inner = rateLimit({ limiter: oneAMinute("inner"), headers: "both" })(() => reply(200));
  const handler = rateLimit({ limiter: outer, headers: "both" })(inner);
  await outcomeOf(handler, makeExchange());
  const map = new HeaderList((await outcomeOf(handler, makeExchange())).headers);
  assertEquals(map.get("ratelimit"), '"inner";r=0;t=60, "outer";r=7;t=14');
  assertEquals(map.get("x-ratelimit-limit"), "1");
  assertEquals(map.get("retry-after"), "60");
});

Deno.test("rateLimit() writes its fields on an own answer, which may have a Retry-After of its own", async () => {
  for (const own of [undefined, "7"]) {
    for (const isLate of [false, true]) {
      const answer = reply(420, "", own === undefined ? {} : { headers: { "retry-after": own } });
      const handler = rateLimit({
        limiter: oneAMinute(),
        onLimited: () => isLate ? Promise.resolve(answer) : answer,
      })(() => reply(200));
      await outcomeOf(handler, makeExchange());
      const limited = await outcomeOf(handler, makeExchange());
      const map = new HeaderList(limited.headers);
      assertEquals([limited.status, map.get("retry-after")], [420, own ?? "60"]);
      assertEquals(map.get("ratelimit"), '"default";r=0;t=60');
      assertEquals(map.get("ratelimit-policy"), '"default";q=1;w=60');
    }
  }
});
