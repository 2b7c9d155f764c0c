import { assertEquals, assertThrows } from "@std/assert";
import {
  bodyFrom,
  listen,
  memoryTransport,
  peer,
  readText,
  type Reply,
  reply,
  requestHead,
  type Selection,
  ServerExchange,
  toReply,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { rawClient, rawServer } from "../support/raw.ts";
import { HttpProxy, type HttpProxyOptions, type RetryableFailure } from "../../proxy/mod.ts";
import { FakeClock, RetryBudget } from "../../timeout/mod.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;

/** What an attempt meets: a status, or a failure. */
type Met = number | RetryableFailure;

/** A proxy before peers `a`, `b`, `c`, … of which each is met once, and what came of it. */
function scene(mets: readonly Met[], options: Partial<HttpProxyOptions> = {}) {
  const settled: [peer: string, status: number | null, error: string | undefined][] = [];
  const given: string[] = [];
  const bodies: string[] = [];
  const transport = memoryTransport(() => reply(200));
  const proxy = new HttpProxy({
    transport: {
      ...transport,
      async exchange(_head, body, { peer, observer }): Promise<Reply> {
        observer?.connected?.({ isReused: false });
        let text = "";
        for (let chunk = await body?.read(); chunk; chunk = await body?.read()) {
          text += new TextDecoder().decode(chunk);
        }
        bodies.push(text);
        const met = mets[peer.hostname.charCodeAt(0) - 97];
        if (typeof met === "string") throw new ProxyError(met);
        return {
          ...reply(met, {
            read: () => Promise.resolve(null),
            cancel: () => void given.push(`cancelled ${peer.hostname}`),
          }),
          release: () => void given.push(`released ${peer.hostname}`),
        };
      },
    },
    upstream: {
      select(_, { tried }): Selection {
        const hostname = String.fromCharCode(97 + tried.length);
        if (tried.length >= mets.length) throw new ProxyError("no_upstream");
        return {
          peer: peer(`${hostname}:80`),
          settle: ({ status, error }) => void settled.push([hostname, status, error?.kind]),
        };
      },
    },
    ...options,
  });
  const run = async (method = "GET", body?: string) => {
    const exchange = new ServerExchange(requestHead({ method, authority: "example.com" }), {
      client,
      clock: new FakeClock(),
      body: body === undefined ? null : bodyFrom(body),
    });
    const { status } = toReply(await proxy.handle(exchange));
    exchange.end(null, 0);
    return status;
  };
  return { run, settled, given, bodies };
}

const CASES: {
  name: string;
  mets: Met[];
  retry: HttpProxyOptions["retry"];
  method?: string;
  body?: string;
  /** What the client gets. */
  status: number;
  attempts: number;
}[] = [
  {
    name: "an answer of 503 is passed on by default",
    mets: [503, 200],
    retry: {},
    status: 503,
    attempts: 1,
  },
  {
    name: "a status of the list is asked for again",
    mets: [503, 200],
    retry: { statuses: [502, 503] },
    status: 200,
    attempts: 2,
  },
  {
    name: "another status is not",
    mets: [500, 200],
    retry: { statuses: [502, 503] },
    status: 500,
    attempts: 1,
  },
  {
    name: "the last attempt's answer is passed on",
    mets: [503, 502, 200],
    retry: { statuses: [502, 503] },
    status: 502,
    attempts: 2,
  },
  {
    name: "maxAttempts 3 asks once more",
    mets: [503, 502, 200],
    retry: { statuses: [502, 503], maxAttempts: 3 },
    status: 200,
    attempts: 3,
  },
  {
    name: "POST is not sent again",
    mets: [503, 200],
    retry: { statuses: [503] },
    method: "POST",
    body: "x",
    status: 503,
    attempts: 1,
  },
  {
    name: "PUT is, with its content",
    mets: [503, 200],
    retry: { statuses: [503] },
    method: "PUT",
    body: "content",
    status: 200,
    attempts: 2,
  },
  {
    name: "PUT whose content was not kept is not",
    mets: [503, 200],
    retry: { statuses: [503], maxReplayBytes: 3 },
    method: "PUT",
    body: "content",
    status: 503,
    attempts: 1,
  },
  {
    name: "the answer is passed on when nobody else can be chosen",
    mets: [503],
    retry: { statuses: [503] },
    status: 503,
    attempts: 1,
  },
  {
    name: "a timeout is not tried again by default",
    mets: ["upstream_timeout", 200],
    retry: {},
    status: 504,
    attempts: 1,
  },
  {
    name: "a timeout is when the list has it",
    mets: ["upstream_timeout", 200],
    retry: { failures: ["upstream_timeout"] },
    status: 200,
    attempts: 2,
  },
  {
    name: "a fresh connection that was reset is when the list has it",
    mets: ["connection_reset", 200],
    retry: { failures: ["connection_reset"] },
    status: 200,
    attempts: 2,
  },
  {
    name: "a bad answer is when the list has it",
    mets: ["bad_response", 200],
    retry: { failures: ["bad_response"] },
    status: 200,
    attempts: 2,
  },
  {
    name: "a failure for POST is not",
    mets: ["upstream_timeout", 200],
    retry: { failures: ["upstream_timeout"] },
    method: "POST",
    body: "x",
    status: 504,
    attempts: 1,
  },
  {
    name: "both kinds in one exchange",
    mets: ["upstream_timeout", 503, 200],
    retry: { failures: ["upstream_timeout"], statuses: [503], maxAttempts: 3 },
    status: 200,
    attempts: 3,
  },
];
for (const { name, mets, retry, method, body, status, attempts } of CASES) {
  Deno.test(`HttpProxy retry: ${name}`, async () => {
    const { run, settled, given, bodies } = scene(mets, { retry });
    assertEquals(await run(method, body), status);
    assertEquals(
      settled,
      mets.slice(0, attempts).map((met, i) => {
        const isStatus = typeof met === "number";
        return [String.fromCharCode(97 + i), isStatus ? met : null, isStatus ? undefined : met];
      }),
    );
    assertEquals(bodies, new Array(attempts).fill(body ?? ""));
    const answers = mets.slice(0, attempts - 1).flatMap((met, i) =>
      typeof met === "number" ? [String.fromCharCode(97 + i)] : []
    );
    assertEquals(given, answers.flatMap((name) => [`cancelled ${name}`, `released ${name}`]));
  });
}

Deno.test("HttpProxy retry: filters do not see an answer that is given up", async () => {
  const seen: number[] = [];
  const { run } = scene([503, 200], {
    retry: { statuses: [503] },
    filters: [{ upstreamResponse: (_, { status }) => void seen.push(status) }],
  });
  assertEquals(await run(), 200);
  assertEquals(seen, [200]);
});

Deno.test("HttpProxy retry: a chooser that takes its time is waited for, and settled when it is too late", async () => {
  const settled: (string | undefined)[] = [];
  const choice = Promise.withResolvers<Selection>();
  const proxy = new HttpProxy({
    transport: memoryTransport(() => reply(200)),
    upstream: () => choice.promise,
  });
  const exchange = new ServerExchange(requestHead(), { client, clock: new FakeClock() });
  const answer = proxy.handle(exchange);
  exchange.abort(new ProxyError("client_gone"));
  await answer;
  choice.resolve({ peer: peer("a:80"), settle: ({ error }) => void settled.push(error?.kind) });
  await choice.promise;
  await Promise.resolve();
  assertEquals(settled, ["client_gone"]);
});

Deno.test("HttpProxy retry: the budget bounds attempts beyond the first of all exchanges", async () => {
  const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0, clock: new FakeClock() });
  const statuses: number[] = [];
  const { run } = scene([503, 200], { retry: { statuses: [503], budget } });
  for (let i = 0; i < 6; i++) statuses.push(await run());
  assertEquals(statuses, [503, 200, 503, 200, 503, 200]);
});

Deno.test("HttpProxy retry: the budget bounds attempts behind failures too", async () => {
  const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0, clock: new FakeClock() });
  const { run } = scene(["upstream_timeout", 200], {
    retry: { failures: ["upstream_timeout"], budget },
  });
  assertEquals([await run(), await run(), await run()], [504, 200, 504]);
});

Deno.test("HttpProxy retry: a request that cannot be sent again takes nothing out of the budget", async () => {
  const budget = new RetryBudget({ ratio: 1, minPerSecond: 0, clock: new FakeClock() });
  const { run } = scene([503, 200], { retry: { statuses: [503], budget } });
  await run("POST", "x");
  assertEquals(budget.balance, 1);
});

const refused: { name: string; retry: HttpProxyOptions["retry"]; message: string }[] = [
  { name: "a status is no error", retry: { statuses: [200] }, message: "200" },
  { name: "a status is no status", retry: { statuses: [503.5] }, message: "503.5" },
  {
    name: "a failure cannot be tried again",
    retry: { failures: ["upstream_body_broken" as RetryableFailure] },
    message: "none of connection_reset, upstream_timeout",
  },
];
for (const { name, retry, message } of refused) {
  Deno.test(`HttpProxy refuses retry when ${name}`, () => {
    assertThrows(() => new HttpProxy({ upstream: "a:1", retry }), Error, message);
  });
}

Deno.test("HttpProxy retry: the connection of a short answer that is given up is used again", async () => {
  await using bad = await listen({ address: "127.0.0.1:0" }, () => reply(503, "not now"));
  await using good = await listen({ address: "127.0.0.1:0" }, () => reply(200, "well"));
  const connections = { fresh: 0, reused: 0 };
  await using proxy = new HttpProxy({
    upstream: (_, { tried }) => peer(tried.length === 0 ? bad.url : good.url),
    retry: { statuses: [503] },
    filters: [{
      connected: (_, { isReused }) => void connections[isReused ? "reused" : "fresh"]++,
    }],
  });
  await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  for (let i = 0; i < 3; i++) assertEquals(await (await fetch(front.url)).text(), "well");
  assertEquals(connections, { fresh: 2, reused: 4 });
});

Deno.test("HttpProxy retry: a long answer is given up with its connection", async () => {
  await using bad = await listen({ address: "127.0.0.1:0" }, () => {
    return reply(503, new Uint8Array(1_000_000));
  });
  await using good = await listen({ address: "127.0.0.1:0" }, () => reply(200, "well"));
  await using proxy = new HttpProxy({
    upstream: (_, { tried }) => peer(tried.length === 0 ? bad.url : good.url),
    retry: { statuses: [503] },
  });
  await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  for (let i = 0; i < 3; i++) assertEquals(await (await fetch(front.url)).text(), "well");
  // The far side hears of it: nothing goes on there.
  while (bad.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

Deno.test("HttpProxy retry: each attempt has a head timeout of its own", async () => {
  const stalled = Promise.withResolvers<Reply>();
  await using stalling = await listen({ address: "127.0.0.1:0" }, () => stalled.promise);
  await using good = await listen({ address: "127.0.0.1:0" }, () => reply(200, "well"));
  await using proxy = new HttpProxy({
    upstream: (_, { tried }) => peer(tried.length < 2 ? stalling.url : good.url),
    timeouts: { headMs: 50 },
    retry: { failures: ["upstream_timeout"], maxAttempts: 3 },
  });
  await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  assertEquals(await (await fetch(front.url)).text(), "well");
  stalled.resolve(reply(200));
});

Deno.test("HttpProxy retry: an upload that is answered before its end goes on to the next peer, whole", async () => {
  const half = "x".repeat(20_000);
  const answered = Promise.withResolvers<void>();
  await using early = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.readBytes(10_000);
    await connection.send("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno");
    answered.resolve();
    await connection.readToEnd();
  });
  await using good = await listen({ address: "127.0.0.1:0" }, async ({ body }) => {
    return reply(200, `${body === null ? 0 : (await readText(body)).length} bytes`);
  });
  await using proxy = new HttpProxy({
    upstream: (_, { tried }) => peer(tried.length === 0 ? early.address : good.url),
    retry: { statuses: [503] },
  });
  await using front = await listen({ address: "127.0.0.1:0", engine: "wire" }, proxy.handle);
  using client = await rawClient(Number(new URL(front.url).port));
  await client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n${half}`);
  await answered.promise;
  await client.send(half);
  const { head, body } = await client.readMessage();
  assertEquals([head.split("\r\n")[0], body], ["HTTP/1.1 200 OK", "40000 bytes"]);
});
