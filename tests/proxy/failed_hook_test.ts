// The page of a `failed` hook that answers later, for an exchange that is over before its time.

import { assertEquals } from "@std/assert";
import {
  memoryTransport,
  readText,
  reply,
  requestHead,
  ServerExchange,
  toReply,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type Filter, HttpProxy } from "../../proxy/mod.ts";
import { FakeClock, TimerWheel } from "../../timeout/mod.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;

/** An exchange at an upstream that never answers, behind a proxy with a deadline of a second. */
function exchangeWith(filter: Filter) {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock, resolutionMs: 10 });
  const proxy = new HttpProxy({
    upstream: "app:80",
    transport: memoryTransport(() => new Promise(() => {})),
    timeouts: { totalMs: 1_000, headMs: Infinity },
    filters: [filter],
    wheel,
  });
  const exchange = new ServerExchange(requestHead({ authority: "a" }), { client, clock });
  let page: string | undefined;
  Promise.resolve(proxy.handle(exchange)).then(async (answer) => {
    const { status, body } = toReply(answer);
    page = `${status} ${body === null ? "" : (await readText(body)).slice(0, 9)}`;
  });
  return {
    exchange,
    page: () => page,
    pass: (ms: number) => clock.advanceAsync(ms),
    [Symbol.dispose]() {
      exchange.end(null, 0);
      wheel[Symbol.dispose]();
    },
    clock,
  };
}

Deno.test("HttpProxy waits for a failed hook that answers later, when the deadline has passed", async () => {
  const { promise: written, resolve: write } = Promise.withResolvers<void>();
  using test = exchangeWith({
    failed: async (_, error) => {
      await written;
      return reply(504, `mine: ${error.kind}`);
    },
  });
  await test.pass(1_100);
  assertEquals(test.page(), undefined);
  write();
  await test.pass(100);
  assertEquals(test.page(), "504 mine: dea");
});

Deno.test("HttpProxy waits for it no longer than half a second", async () => {
  using test = exchangeWith({ failed: () => new Promise(() => {}) });
  await test.pass(1_100);
  await test.pass(300);
  assertEquals(test.page(), undefined);
  await test.pass(300);
  assertEquals(test.page()?.slice(0, 4), "504 ");
});

Deno.test("HttpProxy does not wait for it when the client has left, who hears nothing", async () => {
  using test = exchangeWith({ failed: () => new Promise(() => {}) });
  await test.pass(100);
  test.exchange.abort(new ProxyError("client_gone", "Cannot finish: gone"));
  await test.pass(20);
  assertEquals(test.page()?.slice(0, 4), "400 ");
});
