import { assert, assertEquals } from "@std/assert";
import { reply, toFetch, toReadableStream } from "../../../core/http/mod.ts";
import { EndlessBody } from "./_bodies.ts";
import { Served } from "./_served.ts";

/** Both sockets' buffers on the loopback take a few MiB; a queue without a bound takes all there is. */
const MOST_BYTES = 32 * 1024 * 1024;
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const PING = "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/**
 * Waits until a number of bytes stands still: until so many other requests were served meanwhile without a
 * change. Gives up beyond the bound.
 */
async function untilStill(served: Served, count: () => number): Promise<number> {
  let seen = -1;
  for (let still = 0; still < 30 && seen <= MOST_BYTES;) {
    await served.raw(PING);
    still = count() === seen ? still + 1 : 0;
    seen = count();
  }
  return seen;
}

Deno.test("toFetch() does not read on for a client that does not", async () => {
  const body = new EndlessBody();
  await using served = new Served(({ path }) => reply(200, path === "/ping" ? "pong" : body));
  const client = await served.connect();
  await client.send(GET);
  await client.readUntil("\r\n\r\n");
  const stood = await untilStill(served, () => body.produced);
  assert(stood <= MOST_BYTES, `${stood} bytes were produced for nobody`);
  // It goes on where the client does.
  while (body.produced === stood) await client.readBytes(65_536);
  client.close();
  await body.cancelled;
  const end = served.ends[served.ends.length - 1];
  assertEquals(end.error?.kind, "client_gone");
  assert(end.sentBytes > 0 && end.sentBytes <= body.produced);
});

Deno.test("toFetch() does not read an upload on when the handler does not", async () => {
  const finish = Promise.withResolvers<void>();
  await using served = new Served(async ({ path }) => {
    if (path !== "/ping") await finish.promise;
    return reply(200);
  });
  const client = await served.connect();
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  const chunk = new Uint8Array(65_536);
  let sent = 0;
  const sending = (async () => {
    for (; sent <= MOST_BYTES; sent += chunk.byteLength) await client.send(chunk);
  })().catch(() => {});
  const stood = await untilStill(served, () => sent);
  assert(stood <= MOST_BYTES, `${stood} bytes were taken for nobody`);
  client.close();
  finish.resolve();
  await sending;
});

Deno.test("toReadableStream() holds its body back when the stream is not read", async () => {
  const body = new EndlessBody();
  const reader = toReadableStream(body).getReader();
  await reader.read();
  await reader.read();
  assertEquals(body.produced, 2 * 65_536);
  await reader.cancel();
  assert(body.isCancelled);
});

Deno.test("toFetch() reads nothing before somebody reads the response", async () => {
  const body = new EndlessBody();
  const response = await toFetch(() => reply(200, body))(new Request("http://localhost/"));
  assertEquals(body.produced, 0);
  await response.body?.cancel();
  assert(body.isCancelled);
});
