import { assert, assertEquals, assertFalse } from "@std/assert";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import {
  type ExchangeEnd,
  requestHead,
  responseHead,
  ServerExchange,
  type ServerExchangeOptions,
} from "../../../core/http/mod.ts";

const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;

function made(options: Partial<ServerExchangeOptions> = {}) {
  const clock = new FakeClock();
  const exchange = new ServerExchange(requestHead({ target: "/a/../b" }), {
    client,
    clock,
    ...options,
  });
  const ends: ExchangeEnd[] = [];
  exchange.onEnd((end) => ends.push(end));
  return { clock, exchange, ends };
}

Deno.test("ServerExchange.end() tells the listeners once, in order, what happened", () => {
  const { clock, exchange, ends } = made();
  const order: string[] = [];
  exchange.onEnd(() => order.push("a"));
  exchange.onEnd(() => order.push("b"));
  exchange.receivedBytes = 3;
  clock.advance(5);
  exchange.begin(responseHead(201));
  clock.advance(7);
  assertFalse(exchange.ended);
  exchange.end(null, 42);
  exchange.end(new ProxyError("internal"), 43);
  assert(exchange.ended);
  assertEquals(order, ["a", "b"]);
  assertEquals(ends, [
    { status: 201, error: null, sentBytes: 42, receivedBytes: 3, durationMs: 12 },
  ]);
  assertEquals(exchange.timings.responseHead - exchange.timings.start, 5);
});

Deno.test("ServerExchange.end() has the status of the error when no head was sent, else 499", () => {
  const failed = made();
  failed.exchange.end(new ProxyError("no_upstream"), 0);
  assertEquals(failed.ends[0].status, 503);
  const silent = made();
  silent.exchange.end(null, 0);
  assertEquals(silent.ends[0].status, 499);
});

Deno.test("ServerExchange.end() keeps the error that was set before", () => {
  const { exchange, ends } = made();
  const first = new ProxyError("rate_limited");
  exchange.error = first;
  exchange.begin(responseHead(429));
  exchange.end(null, 0);
  assertEquals([ends[0].status, ends[0].error], [429, first]);
});

Deno.test("ServerExchange.onEnd() calls at once when the exchange has ended", () => {
  const { exchange, ends } = made();
  exchange.end(null, 0);
  const late: ExchangeEnd[] = [];
  exchange.onEnd((end) => late.push(end));
  assertEquals(late, ends);
});

Deno.test("ServerExchange.end() goes on when a listener throws", () => {
  const thrown: unknown[] = [];
  const failure = new Error("listener");
  const { exchange } = made({ onListenerError: (error) => thrown.push(error) });
  const heard: string[] = [];
  exchange.onEnd(() => {
    throw failure;
  });
  exchange.onEnd(() => heard.push("b"));
  exchange.end(null, 0);
  assertEquals([thrown, heard], [[failure], ["b"]]);
});

Deno.test("ServerExchange.abort() cancels with the error, once, and not after the end", () => {
  const { exchange, ends } = made();
  const reason = new ProxyError("deadline_exceeded");
  exchange.abort(reason);
  exchange.abort(new ProxyError("client_gone"));
  assertEquals([exchange.cancel.reason, exchange.error], [reason, reason]);
  assert(exchange.signal.aborted);
  assertEquals(ends, []);
  const ended = made();
  ended.exchange.end(null, 0);
  ended.exchange.abort(reason);
  assertFalse(ended.exchange.cancel.cancelled);
});

Deno.test("ServerExchange.path follows the target", () => {
  const { exchange } = made();
  assertEquals(exchange.path, "/b");
  exchange.request.target = "/c?d";
  assertEquals(exchange.path, "/c");
  exchange.request.target = "*";
  assertEquals(exchange.path, null);
});

Deno.test("ServerExchange.inform() sends interim responses where the engine can", () => {
  const sent: number[] = [];
  made({ inform: ({ status }) => sent.push(status) }).exchange.inform(responseHead(103));
  made().exchange.inform(responseHead(103));
  assertEquals(sent, [103]);
});
