import { assertEquals } from "@std/assert";
import {
  bodyFrom,
  memoryTransport,
  type Peer,
  peer,
  readText,
  reply,
  requestHead,
  type Selection,
  ServerExchange,
  toReply,
  type Transport,
} from "../../core/mod.ts";
import { type ErrorKind, ProxyError } from "../../errors/mod.ts";
import { HttpProxy, type HttpProxyOptions } from "../../proxy/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;

/** A transport that fails with these kinds first, then answers. */
function failing(kinds: ErrorKind[], options: { isReused?: boolean; readBytes?: number } = {}) {
  const bodies: string[] = [];
  let attempts = 0;
  const working = memoryTransport(async (exchange) => {
    bodies.push(exchange.body === null ? "" : await readText(exchange.body));
    return reply(200, "ok");
  });
  const transport: Transport = {
    async exchange(head, body, transportOptions) {
      const kind = kinds[attempts++];
      if (kind === undefined) return await working.exchange(head, body, transportOptions);
      if (options.isReused !== undefined) {
        transportOptions.observer?.connected?.({ isReused: options.isReused });
      }
      if (options.readBytes) await body?.read();
      throw new ProxyError(kind);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { transport, bodies, attempts: () => attempts };
}

function run(
  options: HttpProxyOptions,
  init: { method?: string; body?: string } = {},
) {
  const exchange = new ServerExchange(
    requestHead({ method: init.method ?? "GET", authority: "example.com" }),
    {
      client,
      clock: new FakeClock(),
      body: init.body === undefined ? null : bodyFrom(init.body),
    },
  );
  const proxy = new HttpProxy(options);
  return { exchange, answer: Promise.resolve(proxy.handle(exchange)).then(toReply) };
}

const CASES: {
  name: string;
  kinds: ErrorKind[];
  method?: string;
  body?: string;
  isReused?: boolean;
  readBytes?: number;
  maxAttempts?: number;
  maxReplayBytes?: number;
  status: number;
  attempts: number;
}[] = [
  { name: "GET after a refused connection", kinds: ["connect_refused"], status: 200, attempts: 2 },
  {
    name: "POST after a refused connection: nothing was written",
    kinds: ["connect_refused"],
    method: "POST",
    body: "x",
    status: 200,
    attempts: 2,
  },
  {
    name: "no more often than maxAttempts",
    kinds: ["connect_refused", "connect_refused", "connect_refused"],
    status: 502,
    attempts: 2,
  },
  {
    name: "as often as maxAttempts allows",
    kinds: ["dns_failed", "connect_timeout", "tls_failed"],
    maxAttempts: 4,
    status: 200,
    attempts: 4,
  },
  {
    name: "never with maxAttempts 1",
    kinds: ["connect_refused"],
    maxAttempts: 1,
    status: 502,
    attempts: 1,
  },
  {
    name: "GET whose reused connection died before a byte came",
    kinds: ["connection_reset"],
    isReused: true,
    status: 200,
    attempts: 2,
  },
  {
    name: "GET whose fresh connection died is not sent again",
    kinds: ["connection_reset"],
    isReused: false,
    status: 502,
    attempts: 1,
  },
  {
    name: "POST whose reused connection died is never sent again",
    kinds: ["connection_reset"],
    method: "POST",
    body: "x",
    isReused: true,
    status: 502,
    attempts: 1,
  },
  {
    name: "PUT whose reused connection died, its content replayed",
    kinds: ["connection_reset"],
    method: "PUT",
    body: "content",
    isReused: true,
    readBytes: 1,
    status: 200,
    attempts: 2,
  },
  {
    name: "PUT longer than the replay buffer is not sent again",
    kinds: ["connection_reset"],
    method: "PUT",
    body: "content",
    isReused: true,
    readBytes: 1,
    maxReplayBytes: 3,
    status: 502,
    attempts: 1,
  },
  {
    name: "PUT longer than the replay buffer that nobody has read is sent again",
    kinds: ["connect_refused"],
    method: "PUT",
    body: "content",
    maxReplayBytes: 3,
    status: 200,
    attempts: 2,
  },
  { name: "a timeout is not tried again", kinds: ["upstream_timeout"], status: 504, attempts: 1 },
  { name: "a bad answer is not tried again", kinds: ["bad_response"], status: 502, attempts: 1 },
];
for (const { name, kinds, method, body, status, attempts, ...rest } of CASES) {
  Deno.test(`HttpProxy retry: ${name}`, async () => {
    const { maxAttempts = 2, maxReplayBytes = 65_536, ...how } = rest;
    const upstream = failing(kinds, how);
    const { exchange, answer } = run({
      upstream: "app:80",
      transport: upstream.transport,
      retry: { maxAttempts, maxReplayBytes },
    }, { method, body });
    assertEquals((await answer).status, status);
    assertEquals([upstream.attempts(), exchange.timings.attempts], [attempts, attempts]);
    assertEquals(upstream.bodies, status === 200 ? [body ?? ""] : []);
  });
}

Deno.test("HttpProxy retry: connectFailed decides over attempts that are left", async () => {
  const { transport, attempts } = failing(["connect_refused", "connect_refused"]);
  const errors: ErrorKind[] = [];
  const { answer } = run({
    upstream: "app:80",
    transport,
    retry: { maxAttempts: 3 },
    filters: [{
      connectFailed: (_, error) => {
        errors.push(error.kind);
        return "fail";
      },
    }],
  });
  assertEquals([(await answer).status, attempts(), errors], [502, 1, ["connect_refused"]]);
});

Deno.test("HttpProxy tells select which peers were tried, and settles each attempt once", async () => {
  const settled: [string, number | null, string | undefined][] = [];
  const seen: string[][] = [];
  const { transport } = failing(["connect_refused", "dns_failed"]);
  const { exchange, answer } = run({
    transport,
    retry: { maxAttempts: 3 },
    upstream: {
      select(_, { tried }): Selection {
        seen.push(tried.map((one) => one.hostname));
        const chosen: Peer = peer(`${["a", "b", "c"][tried.length]}:80`);
        return {
          peer: chosen,
          settle: ({ status, error }) => void settled.push([chosen.hostname, status, error?.kind]),
        };
      },
    },
  });
  assertEquals((await answer).status, 200);
  assertEquals(seen, [[], ["a"], ["a", "b"]]);
  assertEquals(settled, [["a", null, "connect_refused"], ["b", null, "dns_failed"]]);
  exchange.end(null, 2);
  exchange.end(null, 2);
  assertEquals(settled.slice(2), [["c", 200, undefined]]);
});

Deno.test("HttpProxy settles with the error when the client leaves in the middle", async () => {
  const outcomes: (string | undefined)[] = [];
  const { exchange, answer } = run({
    transport: memoryTransport(() => reply(200, "ok")),
    upstream: () => ({
      peer: peer("a:80"),
      settle: ({ error }) => void outcomes.push(error?.kind),
    }),
  });
  await answer;
  exchange.end(new ProxyError("client_gone"), 0);
  assertEquals(outcomes, ["client_gone"]);
});

Deno.test("HttpProxy answers 503 when nobody can be chosen", async () => {
  const { exchange, answer } = run({
    transport: memoryTransport(() => reply(200)),
    upstream: () => Promise.reject(new ProxyError("no_upstream")),
  });
  assertEquals((await answer).status, 503);
  assertEquals(exchange.timings.attempts, 0);
});
