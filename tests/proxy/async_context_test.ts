// What an `AsyncLocalStorage` holds for one request must not be seen in another one.

import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals } from "@std/assert";
import { bodyFrom, type Exchange, type Handler, listen, reply } from "../../core/mod.ts";
import { type Filter, HttpProxy, type HttpProxyOptions } from "../../proxy/mod.ts";
import { sleep } from "../../timeout/mod.ts";
import { until } from "../integration/_until.ts";
import { rawClient } from "../support/raw.ts";

const PATHS = ["/a", "/b", "/stream", "/c", "/d"];
const POST = "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";

const answer: Handler = async ({ request, body }) => {
  while (body !== null && await body.read() !== null);
  if (request.target !== "/stream") return reply(200, request.target);
  return reply(200, bodyFrom(pieces()));
};

async function* pieces() {
  for (let i = 0; i < 3; i++) {
    yield new Uint8Array(10);
    await sleep(5);
  }
}

/** One client's requests through a proxy: what each place saw in the storage, as `place path store`. */
async function look(options: (note: Note) => Partial<HttpProxyOptions>): Promise<string[]> {
  const storage = new AsyncLocalStorage<string>();
  const seen: string[] = [];
  const note: Note = (place, { request: { target } }) => {
    seen.push(`${place} ${target} ${storage.getStore()}`);
  };
  await using upstream = await listen({ address: "127.0.0.1:0" }, answer);
  await using proxy = new HttpProxy({ upstream: upstream.url, ...options(note) });
  let ended = 0;
  await using front = await listen({ address: "127.0.0.1:0" }, (exchange) => {
    note("handler", exchange);
    exchange.onEnd(() => {
      note("end", exchange);
      ended++;
    });
    return storage.run(exchange.request.target, () => proxy.handle(exchange));
  });
  using client = await rawClient(Number(new URL(front.url).port));
  for (const path of PATHS) {
    await client.send(get(path));
    await client.readUntil(path === "/stream" ? "\r\n0\r\n\r\n" : `\r\n\r\n${path}`);
  }
  await client.send(POST);
  await client.readUntil("\r\n\r\n/post");
  // Several at once: each begins where the one before it has ended.
  await client.send(["/x", "/y", "/z"].map(get).join(""));
  await client.readUntil("\r\n\r\n/z");
  await until("all have ended", () => ended === PATHS.length + 4);
  return seen;
}

type Note = (place: string, exchange: Exchange) => void;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

Deno.test("HttpProxy begins and ends exchanges in the async context of none, where upstream connections are used again", async () => {
  const seen = await look(() => ({}));
  assertEquals(seen.length, 18);
  assertEquals(seen.filter((line) => !line.endsWith(" undefined")), []);
});

Deno.test("HttpProxy runs the phases behind an answer in the async context of its exchange", async () => {
  const filter = (note: Note): Filter => ({
    upstreamResponse: (exchange) => note("upstreamResponse", exchange),
    response: (exchange) => note("response", exchange),
  });
  const seen = await look((note) => ({ filters: [filter(note)] }));
  assertEquals(seen.length, 36);
  const outside = seen.filter((line) => /^(handler|end) /.test(line));
  assertEquals(outside.filter((line) => !line.endsWith(" undefined")), []);
  const inside = seen.filter((line) => /^(upstreamResponse|response) /.test(line));
  assertEquals(inside.filter((line) => !/ (\S+) \1$/.test(line)), []);
});

Deno.test("HttpProxy lets no failure out into the async context of another exchange", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: string[] = [];
  let asked = 0;
  await using upstream = await listen({ address: "127.0.0.1:0" }, ({ cancel, request }) => {
    asked++;
    if (request.target !== "/slow") return reply(200, request.target);
    return new Promise((_, reject) => cancel.onCancel(reject));
  });
  await using proxy = new HttpProxy({
    upstream: upstream.url,
    timeouts: { totalMs: 200 },
    filters: [{
      failed: ({ request }) => {
        seen.push(`failed ${request.target} ${storage.getStore()}`);
        return reply(503, request.target);
      },
    }],
  });
  await using front = await listen({ address: "127.0.0.1:0" }, (exchange) => {
    const { target } = exchange.request;
    seen.push(`handler ${target} ${storage.getStore()}`);
    return storage.run(target, () => proxy.handle(exchange));
  });
  using client = await rawClient(Number(new URL(front.url).port));
  await client.send([get("/first"), get("/slow"), get("/last")].join(""));
  await client.readUntil("\r\n\r\n/last");
  assertEquals(seen, [
    "handler /first undefined",
    "handler /slow undefined",
    "failed /slow /slow",
    "handler /last undefined",
  ]);
  assert(asked === 3);
});
