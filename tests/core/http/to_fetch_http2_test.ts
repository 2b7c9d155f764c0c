import { assert, assertEquals } from "@std/assert";
import http2 from "node:http2";
import { type Handler, reply, toFetch } from "../../../core/http/mod.ts";
import { testTls } from "../listen/_certificate.ts";
import { ScriptedBody } from "./_bodies.ts";

/** One request over HTTP/2, and what was answered: the text, or the error that the stream ended with. */
interface Sent {
  readonly headers: http2.OutgoingHttpHeaders;
  readonly body?: string;
}

/** Runs a handler behind Deno.serve with TLS, and sends it requests on one connection. */
async function overHttp2(handler: Handler, requests: readonly Sent[]): Promise<string[]> {
  await using server = Deno.serve({
    ...testTls,
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  }, toFetch(handler, { scheme: "https" }));
  const session = http2.connect(`https://127.0.0.1:${server.addr.port}`, { ca: testTls.cert });
  const answers: string[] = [];
  for (const { headers, body } of requests) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const stream = session.request(headers, { endStream: body === undefined });
    let answer = "";
    stream.setEncoding("utf8");
    stream.on("data", (data: string) => answer += data);
    stream.on("end", () => resolve(answer));
    stream.on("error", (error: Error) => resolve(`error: ${error.message}`));
    if (body !== undefined) stream.end(body);
    answers.push(await promise);
  }
  const closed = Promise.withResolvers<void>();
  session.close(() => closed.resolve());
  await closed.promise;
  return answers;
}

const tell: Handler = async ({ request, body, client }) => {
  const { method, target, authority, scheme, version } = request;
  let bytes: number | null = null;
  for (let chunk = await body?.read(); chunk; chunk = await body?.read()) {
    bytes = (bytes ?? 0) + chunk.byteLength;
  }
  const hasBody = body !== null;
  return reply(
    200,
    JSON.stringify([
      `${method} ${target} ${authority} ${scheme} ${client.scheme} ${version}`,
      request.headers.get("host"),
      hasBody,
      bytes,
    ]),
  );
};

const ME = { ":authority": "example.com" };

Deno.test("requestFromWeb() takes :authority for Host over HTTP/2 (RFC 9113 §8.3.1)", async () => {
  const answers = await overHttp2(tell, [
    { headers: { ...ME, ":path": "/a/../b?c" } },
    { headers: { ...ME, ":path": "/a", host: "other.example" } },
    { headers: { ...ME, ":path": "/a", ":scheme": "http" } },
  ]);
  assertEquals(answers.map((answer) => JSON.parse(answer)), [
    ["GET /a/../b?c example.com https https 2", "example.com", false, null],
    // Host besides :authority hides the version.
    ["GET /a example.com https https 1.1", "example.com", false, null],
    ["GET /a example.com https https 2", "example.com", false, null],
  ]);
});

Deno.test("toFetch() finds out whether an HTTP/2 request has content", async () => {
  const post = { ...ME, ":path": "/", ":method": "POST" };
  const answers = await overHttp2(tell, [
    { headers: { ...ME, ":path": "/", ":method": "DELETE" } },
    { headers: { ...ME, ":path": "/", ":method": "DELETE" }, body: "abc" },
    { headers: { ...post, host: "example.com" } },
    { headers: { ...post, host: "example.com" }, body: "abc" },
    // It may be a stream that waits for the answer: nobody looks into it.
    { headers: post },
    { headers: post, body: "abc" },
  ]);
  assertEquals(answers.map((answer) => JSON.parse(answer).slice(2)), [
    [false, null],
    [true, 3],
    [false, null],
    [true, 3],
    [true, null],
    [true, 3],
  ]);
});

Deno.test("toFetch() answers an HTTP/2 stream before its request has ended", async () => {
  const answers = await overHttp2(() => reply(200, "early"), [
    { headers: { ...ME, ":path": "/", ":method": "POST" }, body: "x".repeat(100_000) },
  ]);
  assertEquals(answers, ["early"]);
});

Deno.test("toFetch() resets an HTTP/2 stream whose body breaks off", async () => {
  const then = new Error("broken");
  const [answer, next] = await overHttp2(
    ({ path }) =>
      reply(200, path === "/next" ? "next" : new ScriptedBody({ chunks: ["hello"], then })),
    [{ headers: { ...ME, ":path": "/" } }, { headers: { ...ME, ":path": "/next" } }],
  );
  assert(answer.startsWith("error: "), answer);
  // The others on the connection do not suffer.
  assertEquals(next, "next");
});
