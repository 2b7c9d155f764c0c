import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  bodyFrom,
  HeaderList,
  memoryTransport,
  peer,
  readText,
  reply,
  requestHead,
  ServerExchange,
  toReply,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type Filter, HttpProxy } from "../../proxy/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;

function exchangeFor(init: Parameters<typeof requestHead>[0] = {}, body: string | null = null) {
  return new ServerExchange(requestHead({ authority: "example.com", ...init }), {
    client,
    clock: new FakeClock(),
    body: body === null ? null : bodyFrom(body),
  });
}

/** A filter that writes down each of its hooks. */
function recorder(seen: string[], mark = ""): Filter {
  const note = (name: string) => void seen.push(`${name}${mark}`);
  return {
    bodyHooks: "inspect",
    earlyRequest: () => note("earlyRequest"),
    request: () => note("request"),
    proxyUpstream: () => note("proxyUpstream"),
    connected: () => note("connected"),
    connectFailed: () => note("connectFailed"),
    upstreamRequest: () => note("upstreamRequest"),
    requestBody: (_, chunk) => note(chunk === null ? "requestBody end" : "requestBody"),
    upstreamResponse: () => note("upstreamResponse"),
    upstreamResponseBody: (_, chunk) =>
      note(chunk === null ? "upstreamResponseBody end" : "upstreamResponseBody"),
    response: () => note("response"),
    responseBody: (_, chunk) => note(chunk === null ? "responseBody end" : "responseBody"),
    responseTrailers: () => note("responseTrailers"),
    failed: () => note("failed"),
    finished: () => note("finished"),
  };
}

Deno.test("HttpProxy runs every phase in the order of the design", async () => {
  const seen: string[] = [];
  const transport = memoryTransport(async (exchange) => {
    seen.push(`upstream ${exchange.body && await readText(exchange.body)}`);
    const body = bodyFrom("answer", { trailers: new HeaderList([["x-sum", "1"]]) });
    return { ...reply(200), body };
  });
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport,
    filters: [recorder(seen)],
    middleware: [(next) => async (exchange) => {
      seen.push("middleware in");
      const answer = await next(exchange);
      seen.push("middleware out");
      return answer;
    }],
    cache: (next) => async (exchange) => {
      seen.push("cache in");
      const answer = await next(exchange);
      seen.push("cache out");
      return answer;
    },
  });
  const exchange = exchangeFor({ method: "PUT" }, "hello");
  const answer = toReply(await proxy.handle(exchange));
  assertEquals(answer.body && await readText(answer.body), "answer");
  exchange.end(null, 6);
  assertEquals(seen, [
    "earlyRequest",
    "middleware in",
    "request",
    "cache in",
    "proxyUpstream",
    "upstreamRequest",
    "connected",
    "requestBody",
    "requestBody end",
    "upstream hello",
    "upstreamResponse",
    "cache out",
    "response",
    "middleware out",
    "upstreamResponseBody",
    "responseBody",
    "upstreamResponseBody end",
    "responseBody end",
    "responseTrailers",
    "finished",
  ]);
});

Deno.test("HttpProxy runs filters in their order, in each phase", async () => {
  const seen: string[] = [];
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport(() => reply(204)),
    filters: [recorder(seen, " 1"), recorder(seen, " 2")],
  });
  const exchange = exchangeFor();
  await proxy.handle(exchange);
  exchange.end(null, 0);
  assertEquals(seen.slice(0, 4), ["earlyRequest 1", "earlyRequest 2", "request 1", "request 2"]);
  assertEquals(seen.slice(-2), ["finished 1", "finished 2"]);
});

for (const phase of ["request", "proxyUpstream"] as const) {
  Deno.test(`HttpProxy answers early when ${phase} does`, async () => {
    let upstreamCalls = 0;
    let finished = 0;
    const proxy = new HttpProxy({
      upstream: "app:80",
      transport: memoryTransport(() => {
        upstreamCalls++;
        return reply(200);
      }),
      filters: [
        { [phase]: () => Promise.resolve(new Response("early", { status: 401 })) },
        { [phase]: () => reply(500), finished: () => void finished++ },
      ],
    });
    const exchange = exchangeFor();
    const answer = toReply(await proxy.handle(exchange));
    exchange.end(null, 5);
    assertEquals([answer.status, answer.body && await readText(answer.body)], [401, "early"]);
    assertEquals([upstreamCalls, finished], [0, 1]);
  });
}

Deno.test("HttpProxy gives each request a state of its own, before the first phase", async () => {
  let made = 0;
  const seen: number[] = [];
  const proxy = new HttpProxy<{ id: number }>({
    upstream: "app:80",
    transport: memoryTransport(() => reply(200)),
    newState: () => ({ id: ++made }),
    filters: [{
      earlyRequest: ({ state }) => void seen.push(state.id),
      finished: ({ state }) => void seen.push(state.id),
    }],
  });
  const first = exchangeFor() as ServerExchange<{ id: number }>;
  const second = exchangeFor() as ServerExchange<{ id: number }>;
  await proxy.handle(first);
  await proxy.handle(second);
  first.end(null, 0);
  second.end(null, 0);
  assertEquals(seen, [1, 2, 1, 2]);
});

Deno.test("HttpProxy gives each attempt a fresh copy of the request", async () => {
  const tags: (string | null)[] = [];
  const targets: string[] = [];
  const proxy = new HttpProxy({
    upstream: () => ({ hostname: "app", port: 80, transport: "tcp", scheme: "http" }),
    transport: memoryTransport((exchange) => {
      targets.push(exchange.request.target);
      return reply(200);
    }),
    retry: { maxAttempts: 2 },
    filters: [{
      upstreamRequest: (_, head) => {
        tags.push(head.headers.get("x-tag"));
        head.headers.append("x-tag", "1");
        head.target += "!";
        if (tags.length === 1) throw new ProxyError("connect_refused");
      },
    }],
  });
  const exchange = exchangeFor({ target: "/a" });
  const answer = toReply(await proxy.handle(exchange));
  assertEquals([answer.status, tags, targets], [200, [null, null], ["/a!"]]);
  assertEquals(exchange.request.headers.has("x-tag"), false);
});

Deno.test("HttpProxy lets body hooks change, drop, hold back and add bytes", async () => {
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport((exchange) => {
      assertEquals(exchange.request.headers.has("content-length"), false);
      return { ...reply(200, exchange.body), headers: new HeaderList([["content-length", "5"]]) };
    }),
    filters: [
      { requestBody: (_, chunk) => chunk === null ? new TextEncoder().encode(" end") : undefined },
      { upstreamResponseBody: (_, chunk) => chunk && new Uint8Array(chunk.byteLength).fill(97) },
      { responseBody: (_, chunk) => chunk === null ? new TextEncoder().encode("!") : chunk },
    ],
  });
  const exchange = exchangeFor(
    { method: "POST", headers: [["content-length", "5"]] },
    "hello",
  );
  const answer = toReply(await proxy.handle(exchange));
  assertEquals(answer.headers.has("content-length"), false);
  assertEquals(answer.body && await readText(answer.body), "aaaaaaaaa!");
});

Deno.test("HttpProxy keeps Content-Length when body hooks only inspect", async () => {
  let bytes = 0;
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport(() => reply(200, "hello", { headers: { "content-length": "5" } })),
    filters: [{
      bodyHooks: "inspect",
      responseBody(_, chunk) {
        bytes += chunk?.byteLength ?? 0;
        return new Uint8Array(99);
      },
    }],
  });
  const answer = toReply(await proxy.handle(exchangeFor()));
  assertEquals(answer.headers.get("content-length"), "5");
  assertEquals(answer.body && await readText(answer.body), "hello");
  assertEquals(bytes, 5);
});

Deno.test("HttpProxy sends what fails to failed, whose first answer is the page", async () => {
  const kinds: string[] = [];
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport({}),
    filters: [
      { failed: (_, error) => void kinds.push(error.kind) },
      { failed: () => reply(502, "my page") },
      { failed: () => reply(502, "not this one") },
    ],
  });
  const exchange = exchangeFor();
  const answer = toReply(await proxy.handle(exchange));
  assertEquals([answer.status, answer.body && await readText(answer.body)], [502, "my page"]);
  assertEquals(kinds, ["connect_refused"]);
  assertEquals(exchange.error?.kind, "connect_refused");
});

const THROWING = [
  ["earlyRequest", 500],
  ["request", 500],
  ["proxyUpstream", 500],
  ["upstreamRequest", 500],
  ["upstreamResponse", 500],
  ["response", 500],
] as const;
for (const [phase, status] of THROWING) {
  Deno.test(`HttpProxy answers ${status} when ${phase} throws, and leaks nothing of it`, async () => {
    const proxy = new HttpProxy({
      upstream: "app:80",
      transport: memoryTransport(() => reply(200, "x")),
      filters: [{
        [phase]: () => {
          throw new Error("secret 10.0.0.1");
        },
      }],
    });
    const exchange = exchangeFor();
    const answer = toReply(await proxy.handle(exchange));
    assertEquals(answer.status, status);
    const page = answer.body === null ? "" : await readText(answer.body);
    assertEquals(page.includes("secret"), false);
    assertEquals(exchange.error?.kind, "filter_failed");
  });
}

Deno.test("HttpProxy shows what a hook threw only when asked to", async () => {
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport(() => reply(200)),
    showErrorDetail: true,
    filters: [{
      request: () => {
        throw new Error("seen in development");
      },
    }],
  });
  const answer = toReply(await proxy.handle(exchangeFor()));
  assertMatch(answer.body ? await readText(answer.body) : "", /seen in development/);
});

Deno.test("HttpProxy gives what finished throws to onHookError and runs the others", async () => {
  const errors: unknown[] = [];
  let ran = 0;
  const failure = new Error("log is full");
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport(() => reply(200)),
    onHookError: (error) => void errors.push(error),
    filters: [{
      finished: () => {
        throw failure;
      },
    }, { finished: () => void ran++ }],
  });
  const exchange = exchangeFor();
  await proxy.handle(exchange);
  exchange.end(null, 0);
  assertEquals([errors, ran], [[failure], 1]);
});

Deno.test("HttpProxy refuses options that make no sense", () => {
  const transport = memoryTransport({});
  const upstream = "app:80";
  assertThrows(() => new HttpProxy({ upstream: "nowhere", transport }), TypeError, "no port");
  assertThrows(
    () => new HttpProxy({ upstream, transport, retry: { maxAttempts: 0 } }),
    RangeError,
    "maxAttempts",
  );
  assertThrows(
    () => new HttpProxy({ upstream, transport, timeouts: { headMs: -1 } }),
    RangeError,
    "headMs",
  );
  assertThrows(
    () => new HttpProxy({ upstream, transport, forwarding: { trusted: ["10.0.0.0/99"] } }),
    Error,
  );
  // A filter from a program without types.
  const filters = [{ request: "yes" }] as unknown as Filter[];
  assertThrows(() => new HttpProxy({ upstream, transport, filters }), TypeError, "request");
});

for (
  const [method, hops, status, sentOn] of [
    ["OPTIONS", "0", 204, null],
    ["OPTIONS", "3", 200, "2"],
    ["TRACE", "0", 501, null],
    ["GET", "0", 200, "0"],
    ["OPTIONS", "x", 400, null],
  ] as const
) {
  Deno.test(`HttpProxy answers ${status} to ${method} with Max-Forwards ${hops} (RFC 9110 §7.6.2)`, async () => {
    let seen: string | null = null;
    const proxy = new HttpProxy({
      upstream: "app:80",
      transport: memoryTransport(({ request }) => {
        seen = request.headers.get("max-forwards");
        return reply(200);
      }),
    });
    const exchange = exchangeFor({ method, headers: [["max-forwards", hops]] });
    const answer = toReply(await proxy.handle(exchange));
    assertEquals([answer.status, seen], [status, sentOn]);
  });
}

Deno.test("HttpProxy.fetch works apart from the proxy", async () => {
  const { fetch } = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport(() => reply(200, "hi")),
  });
  const response = await fetch(new Request("http://localhost/"));
  assertEquals(await response.text(), "hi");
  assert(response.headers.has("via"));
});

for (const where of ["middleware", "cache"] as const) {
  Deno.test(`HttpProxy waits for a ${where} no longer than the exchange goes on`, async () => {
    const late = Promise.withResolvers<Response>();
    const cancelled = Promise.withResolvers<void>();
    let finished = 0;
    const wrapper = () => () => late.promise;
    const proxy = new HttpProxy({
      upstream: "app:80",
      transport: memoryTransport(() => reply(200)),
      ...(where === "cache" ? { cache: wrapper } : { middleware: [wrapper] }),
      filters: [{ finished: () => void finished++ }],
    });
    const exchange = exchangeFor();
    const answer = proxy.handle(exchange);
    exchange.abort(new ProxyError("client_gone"));
    assertEquals(toReply(await answer).status, 400);
    exchange.end(null, 0);
    assertEquals([finished, exchange.error?.kind], [1, "client_gone"]);
    // What comes after all is given up.
    late.resolve(new Response(new ReadableStream({ cancel: () => cancelled.resolve() })));
    await cancelled.promise;
  });
}

const WAITS = [
  "earlyRequest",
  "request",
  "proxyUpstream",
  "select",
  "upstreamRequest",
  "transport",
  "upstreamResponse",
  "response",
  "failed",
] as const;
for (const where of WAITS) {
  Deno.test(`HttpProxy finishes once when the client leaves while ${where} waits`, async () => {
    const never = new Promise<never>(() => {});
    const entered = Promise.withResolvers<void>();
    let finished = 0;
    const settled: (string | undefined)[] = [];
    const wait = () => {
      entered.resolve();
      return never;
    };
    const proxy = new HttpProxy({
      upstream: () =>
        where === "select" ? wait() : {
          peer: peer("app:80"),
          settle: ({ error }) => void settled.push(error?.kind),
        },
      transport: memoryTransport(() => where === "transport" ? wait() : reply(200)),
      filters: [
        { [where]: wait },
        where === "failed" ? { request: () => Promise.reject(new ProxyError("forbidden")) } : {},
        { finished: () => void finished++ },
      ],
    });
    const exchange = exchangeFor();
    const answer = proxy.handle(exchange);
    await entered.promise;
    exchange.abort(new ProxyError("client_gone"));
    await answer;
    assertEquals(finished, 0);
    exchange.end(null, 0);
    exchange.end(null, 0);
    assertEquals(finished, 1);
    const hasSelected = ["upstreamRequest", "transport", "upstreamResponse", "response"].includes(
      where,
    );
    assertEquals(settled.length, hasSelected ? 1 : 0);
  });
}
