// What two servers could read in two ways reaches the next one in one form (RFC 9112 §11.2), whatever
// blanks and case it came with.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { listen } from "../../core/mod.ts";
import { HttpProxy } from "../../proxy/mod.ts";
import { rawClient, rawServer } from "../support/raw.ts";

/** What the upstream gets for a request, and the client for the upstream's response. */
async function pass(request: string, response: string): Promise<{ sent: string; got: string }> {
  let sent = "";
  await using upstream = rawServer(async (connection) => {
    sent = await connection.readUntil("\r\n\r\n");
    await connection.send(response);
    await connection.readToEnd();
  });
  await using proxy = new HttpProxy({ upstream: upstream.address });
  await using listener = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  using client = await rawClient(Number(new URL(listener.url).port));
  await client.send(request);
  await client.conn.closeWrite();
  const got = await client.readToEnd();
  return { sent, got };
}

const NO_CONTENT = "HTTP/1.1 204 No Content\r\n\r\n";
const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";

const REQUESTS: readonly [name: string, field: string, content: string, line: RegExp][] = [
  ["a tab", "Transfer-Encoding:\t chunked", CHUNKS, /\r\ntransfer-encoding: chunked\r\n/],
  ["blanks behind", "Transfer-Encoding: chunked \t", CHUNKS, /\r\ntransfer-encoding: chunked\r\n/],
  ["no blank", "Transfer-Encoding:chunked", CHUNKS, /\r\ntransfer-encoding: chunked\r\n/],
  ["capitals", "Transfer-Encoding: Chunked", CHUNKS, /\r\ntransfer-encoding: chunked\r\n/],
  ["a tab", "Content-Length:\t5", "hello", /\r\ncontent-length: 5\r\n/],
  ["blanks behind", "Content-Length: 5 \t ", "hello", /\r\ncontent-length: 5\r\n/],
  ["no blank", "Content-Length:5", "hello", /\r\ncontent-length: 5\r\n/],
  ["one blank", "Content-Length: 5", "hello", /\r\nContent-Length: 5\r\n/],
  ["one blank", "Transfer-Encoding: chunked", CHUNKS, /\r\ntransfer-encoding: chunked\r\n/],
  ["two blanks for nothing", "Content-Length:  0", "", /\r\ncontent-length: 0\r\n/],
];

for (const [name, field, content, line] of REQUESTS) {
  Deno.test(`HttpProxy forwards ${field.split(":")[0]} with ${name} in one form`, async () => {
    const { sent, got } = await pass(
      `POST / HTTP/1.1\r\nHost: a\r\n${field}\r\nX-A:  b\r\n\r\n${content}`,
      NO_CONTENT,
    );
    assertMatch(sent, line);
    assertEquals(sent.match(/content-length|transfer-encoding/gi)?.length, 1);
    // Other fields are copied as they are.
    assert(sent.includes("\r\nX-A:  b\r\n"));
    assertMatch(got, /^HTTP\/1\.1 204 /);
  });
}

const RESPONSES: readonly [name: string, method: string, status: string, line: RegExp][] = [
  ["a response", "GET", "200 OK", /\r\ncontent-length: 5\r\n/],
  ["a response to HEAD", "HEAD", "200 OK", /\r\ncontent-length: 5\r\n/],
  ["a 304", "GET", "304 Not Modified", /\r\ncontent-length: 5\r\n/],
];

for (const [name, method, status, line] of RESPONSES) {
  Deno.test(`HttpProxy forwards the Content-Length of ${name} in one form`, async () => {
    const content = method === "GET" && status === "200 OK" ? "hello" : "";
    const { got } = await pass(
      `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`,
      `HTTP/1.1 ${status}\r\nContent-Length:\t 5 \r\n\r\n${content}`,
    );
    assertMatch(got, line);
    assertEquals(got.match(/content-length/gi)?.length, 1);
    assertEquals(got.split("\r\n\r\n")[1], content);
  });
}
