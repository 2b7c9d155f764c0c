import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  compose,
  type ExchangeEnd,
  type Handler,
  type Middleware,
  readText,
  reply,
  toFetch,
} from "../../../core/http/mod.ts";
import { ScriptedBody } from "./_bodies.ts";

/** Runs a handler as a function of the web, without a server, and notes how it ends. */
function plain(handler: Handler): { fetch: ReturnType<typeof toFetch>; ends: ExchangeEnd[] } {
  const ends: ExchangeEnd[] = [];
  const fetch = toFetch(handler, {
    onExchange: (exchange) => exchange.onEnd((end) => ends.push(end)),
  });
  return { fetch, ends };
}

function brief(ends: readonly ExchangeEnd[]): [number, string | undefined, number][] {
  return ends.map(({ status, error, sentBytes }) => [status, error?.kind, sentBytes]);
}

Deno.test("toFetch() without a server ends with the response when that is bytes", async () => {
  const { fetch, ends } = plain(() => reply(200, "hello"));
  const response = await fetch(new Request("http://localhost/"));
  assertEquals(brief(ends), [[200, undefined, 5]]);
  assertEquals(response.headers.get("content-length"), "5");
  assertEquals(await response.text(), "hello");
});

Deno.test("toFetch() without a server ends with the stream when that is read to its end", async () => {
  const { fetch, ends } = plain(() => reply(200, new ScriptedBody({ chunks: ["one", "two"] })));
  const response = await fetch(new Request("http://localhost/"));
  assertEquals(ends, []);
  assertEquals(await response.text(), "onetwo");
  assertEquals(brief(ends), [[200, undefined, 6]]);
});

Deno.test("toFetch() without a server reads the stream of a fetch, to see its end", async () => {
  const stream = new Response("hello").body;
  const { fetch, ends } = plain(() => new Response(stream));
  const response = await fetch(new Request("http://localhost/"));
  assert(response.body !== stream);
  assertEquals(await response.text(), "hello");
  assertEquals(brief(ends), [[200, undefined, 5]]);
});

Deno.test("toFetch() without a server takes a cancelled stream for a client that left", async () => {
  const body = new ScriptedBody({ chunks: ["one"], then: "wait" });
  const { fetch, ends } = plain(() => reply(200, body));
  const response = await fetch(new Request("http://localhost/"));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  assertEquals(brief(ends), [[200, "client_gone", 3]]);
  assertEquals(body.cancels.length, 1);
});

Deno.test("toFetch() without a server passes a broken body on", async () => {
  const then = new Error("broken");
  const { fetch, ends } = plain(() => reply(200, new ScriptedBody({ chunks: ["one"], then })));
  const response = await fetch(new Request("http://localhost/"));
  await assertRejects(() => response.text(), Error, "broken");
  assertEquals(brief(ends), [[200, "upstream_body_broken", 3]]);
});

Deno.test("toFetch() without a server ends when the request's signal fires", async () => {
  const controller = new AbortController();
  const { fetch, ends } = plain(({ cancel }) =>
    new Promise((_, reject) => cancel.onCancel(reject))
  );
  const answering = fetch(new Request("http://localhost/", { signal: controller.signal }));
  controller.abort();
  await answering;
  assertEquals(brief(ends), [[499, "client_gone", 0]]);
});

Deno.test("toFetch() without a server ends when the signal had fired before", async () => {
  const late = new ScriptedBody();
  const { fetch, ends } = plain(() => reply(200, late));
  await fetch(new Request("http://localhost/", { signal: AbortSignal.abort() }));
  assertEquals(brief(ends), [[499, "client_gone", 0]]);
  assertEquals(late.cancels.length, 1);
});

Deno.test("toFetch() without a server breaks a stream off when the signal fires later", async () => {
  const controller = new AbortController();
  const body = new ScriptedBody({ chunks: ["one"], then: "wait" });
  const { fetch, ends } = plain(() => reply(200, body));
  const response = await fetch(new Request("http://localhost/", { signal: controller.signal }));
  const reader = response.body?.getReader();
  await reader?.read();
  controller.abort();
  assertEquals(brief(ends), [[200, "client_gone", 3]]);
  assertEquals(body.cancels.length, 1);
  await reader?.cancel();
});

Deno.test("toFetch() without a server takes head, content and client from the request", async () => {
  const { fetch } = plain(async ({ request, body, client }) => {
    assertEquals([request.method, request.target], ["POST", "/a?b"]);
    assertEquals([request.authority, request.scheme], ["example.com:8443", "https"]);
    assertEquals(client, { address: "", port: 0, transport: "memory", scheme: "https" });
    return reply(200, body && await readText(body));
  });
  const request = new Request("https://example.com:8443/a?b", { method: "POST", body: "hello" });
  assertEquals(await (await fetch(request)).text(), "hello");
});

Deno.test("toFetch() takes an IPv4 address out of the IPv6 one that it is mapped into", async () => {
  const seen: string[] = [];
  const { fetch } = plain(({ client }) => {
    seen.push(client.address, client.transport, String(client.port));
    return reply(200);
  });
  const remoteAddr = { transport: "tcp", hostname: "::ffff:192.0.2.1", port: 4711 };
  await fetch(new Request("http://localhost/"), { remoteAddr });
  await fetch(new Request("http://localhost/"), { remoteAddr: { transport: "unix" } });
  assertEquals(seen, ["192.0.2.1", "tcp", "4711", "", "unix", "0"]);
});

Deno.test("compose() runs the first middleware outermost", async () => {
  const order: string[] = [];
  const note = (name: string): Middleware => (next) => async (exchange) => {
    order.push(`${name} in`);
    const made = await next(exchange);
    order.push(`${name} out`);
    return made;
  };
  const { fetch } = plain(compose([note("a"), note("b")], () => {
    order.push("handler");
    return reply(200);
  }));
  await fetch(new Request("http://localhost/"));
  assertEquals(order, ["a in", "b in", "handler", "b out", "a out"]);
});
