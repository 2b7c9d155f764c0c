import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Handler, reply, toReply } from "../../../core/http/mod.ts";
import { type RawConnection, rawServer } from "../../support/raw.ts";
import { Served } from "./_served.ts";

const GET = "GET /native HTTP/1.1\r\nHost: a\r\n\r\n";
const WARM = "GET /warm HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/**
 * A handler that hands the content of a fetched response on untouched, and whether it went natively: a
 * body that was taken as a stream is never read.
 */
function relay(port: number): { handler: Handler; taken: () => number } {
  let taken = 0;
  const handler: Handler = async ({ path }) => {
    if (path === "/warm") return reply(200, "warm");
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const made = toReply(response);
    const { body } = made;
    assert(body !== null);
    made.body = {
      length: body.length,
      read: () => body.read(),
      cancel: (reason) => body.cancel(reason),
      takeStream: () => {
        taken++;
        return body.takeStream?.() ?? null;
      },
    };
    return made;
  };
  return { handler, taken: () => taken };
}

/** An upstream that takes a request and then does what the test wants. */
function upstreamOf(act: (connection: RawConnection) => Promise<void>) {
  return rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await act(connection);
  });
}

/** The first exchange proves that the flag no-legacy-abort is on: bodies go natively from then on. */
async function warm(served: Served): Promise<void> {
  assertStringIncludes(await served.raw(WARM), "warm");
  await served.end();
}

for (
  const [framing, sent] of [
    ["Content-Length", "content-length: 5\r\n\r\nhello"],
    ["chunks", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
  ] as const
) {
  Deno.test(`toFetch() hands the stream of a fetch over natively (${framing})`, async () => {
    await using upstream = upstreamOf((connection) =>
      connection.send(`HTTP/1.1 200 OK\r\nconnection: close\r\n${sent}`)
    );
    const { handler, taken } = relay(upstream.port);
    await using served = new Served(handler);
    await warm(served);
    const answer = await served.raw(GET.replace("Host: a", "Host: a\r\nConnection: close"));
    assert(answer.includes("hello"), answer);
    assertEquals(answer.includes("content-length: 5"), framing === "Content-Length");
    assertEquals(taken(), 1);
    const { status, error, sentBytes } = await served.end(1);
    assertEquals([status, error, sentBytes], [200, null, -1]);
  });
}

Deno.test("toFetch() reads the stream of a fetch until it knows that signals are genuine", async () => {
  await using upstream = upstreamOf((connection) =>
    connection.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello")
  );
  const { handler, taken } = relay(upstream.port);
  await using served = new Served(handler);
  const answer = await served.raw(GET.replace("Host: a", "Host: a\r\nConnection: close"));
  assert(answer.endsWith("hello"));
  assertEquals(taken(), 0);
  assertEquals((await served.end()).sentBytes, 5);
});

for (
  const [framing, head, sent] of [
    ["Content-Length", "content-length: 50", "hello"],
    ["chunks", "transfer-encoding: chunked", "5\r\nhello\r\n"],
  ] as const
) {
  Deno.test(`toFetch() cuts the client when a native stream breaks off (${framing})`, async () => {
    const arrived = Promise.withResolvers<void>();
    await using upstream = upstreamOf(async (connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${sent}`);
      await arrived.promise;
    });
    const { handler, taken } = relay(upstream.port);
    await using served = new Served(handler);
    await warm(served);
    using client = await served.connect();
    await client.send(GET);
    const begin = await client.readUntil("hello");
    assertStringIncludes(begin, head);
    arrived.resolve();
    const rest = await client.readToEnd();
    assert(rest === "" || rest === "\r\n", `a cut and no last chunk: ${JSON.stringify(rest)}`);
    // That it ended is all that can be known; nobody saw why.
    assertEquals((await served.end(1)).sentBytes, -1);
    assertEquals(taken(), 1);
  });
}

Deno.test("toFetch() lets the upstream go when the client leaves a native stream that flows", async () => {
  const left = Promise.withResolvers<void>();
  await using upstream = upstreamOf(async (connection) => {
    const chunk = new Uint8Array(65_536);
    await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n");
    try {
      for (;;) await connection.send(chunk);
    } finally {
      left.resolve();
    }
  });
  const { handler, taken } = relay(upstream.port);
  await using served = new Served(handler);
  await warm(served);
  const client = await served.connect();
  await client.send(GET);
  await client.readUntil("\r\n\r\n");
  client.close();
  await left.promise;
  assertEquals([(await served.end(1)).status, taken()], [200, 1]);
});

Deno.test("toFetch() lets the upstream go when the client leaves a native stream that stands still", async () => {
  const left = Promise.withResolvers<void>();
  await using upstream = upstreamOf(async (connection) => {
    await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello");
    await connection.readToEnd();
    left.resolve();
  });
  const { handler, taken } = relay(upstream.port);
  await using served = new Served(handler);
  await warm(served);
  const client = await served.connect();
  await client.send(GET);
  await client.readUntil("hello");
  client.close();
  await left.promise;
  assertEquals([(await served.end(1)).status, taken()], [200, 1]);
});
