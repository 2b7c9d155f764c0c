import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import {
  bodyFrom,
  errorReply,
  fromFetch,
  readText,
  reply,
  requestHead,
  ServerExchange,
  toFetch,
  toReply,
} from "../../../core/http/mod.ts";

const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;

Deno.test("reply() takes content of every kind, and a body as it is", async () => {
  const body = bodyFrom("x");
  assertEquals(reply(200, body).body, body);
  assertEquals(reply(200).body, null);
  const { body: made } = reply(200, new Blob(["stream"]).stream());
  assertEquals(made && await readText(made), "stream");
});

Deno.test("reply() refuses a status that is none", () => {
  assertThrows(() => reply(99), RangeError);
});

Deno.test("toReply() takes status, reason, fields, length and content of a web Response", async () => {
  const response = new Response("hello", {
    status: 201,
    statusText: "Made",
    headers: [["content-length", "5"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]],
  });
  const { status, reason, headers, body } = toReply(response);
  assertEquals([status, reason, body?.length], [201, "Made", 5]);
  assertEquals(headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals(body && await readText(body), "hello");
  assertEquals(toReply(new Response(null)).body, null);
});

Deno.test("toReply() gives a reply back as it is", () => {
  const made = reply(200);
  assertEquals(toReply(made), made);
});

Deno.test("errorReply() shows the kind and nothing of the message", async () => {
  const exchange = new ServerExchange(requestHead({ headers: { accept: "text/plain" } }), {
    client,
    clock: new FakeClock(),
  });
  const made = errorReply(new ProxyError("no_upstream", "10.0.0.7 is down"), exchange);
  const text = made.body && await readText(made.body);
  assertEquals(made.status, 503);
  assertStringIncludes(text ?? "", "No upstream server is available");
  assertEquals(text?.includes("10.0.0.7"), false);
});

Deno.test("errorReply() never sends 499", () => {
  const exchange = new ServerExchange(requestHead(), { client, clock: new FakeClock() });
  assertEquals(errorReply(new ProxyError("client_gone"), exchange).status, 400);
});

Deno.test("fromFetch() gives a web handler head, content and signal", async () => {
  const handler = fromFetch(async (request) => {
    assertEquals(request.signal.aborted, false);
    const text = await request.text();
    return new Response(`${request.method} ${request.url} ${request.headers.get("x-a")} ${text}`);
  });
  const request = new Request("http://example.com/a?b", {
    method: "POST",
    headers: { "x-a": "1" },
    body: "hello",
  });
  const response = await toFetch(handler)(request);
  assertEquals(await response.text(), "POST http://example.com/a?b 1 hello");
});
