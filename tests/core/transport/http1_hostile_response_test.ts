import { assertEquals } from "@std/assert";
import { http1Transport, readAll } from "../../../core/mod.ts";
import type { ErrorKind } from "../../../errors/mod.ts";
import { rawServer } from "../../support/raw.ts";
import { kindOf, send, textOf } from "./_http1_tools.ts";

const GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

interface Case {
  /** What the RFC says. */
  rule: string;
  answer: string;
  kind?: ErrorKind;
  method?: string;
}

/** What must not be taken for a response, by the section that says so. */
const HEADS: readonly Case[] = [
  { rule: "9112 §2.2: an empty line before the status line", answer: `\r\n${GOOD}` },
  { rule: "9112 §2.2: lines that end with LF", answer: GOOD.replaceAll("\r\n", "\n") },
  { rule: "9112 §2.2: a bare CR in a field", answer: "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n" },
  { rule: "9112 §2.2: a blank before the first field", answer: "HTTP/1.1 200 OK\r\n X: a\r\n\r\n" },
  { rule: "9112 §2.3: another protocol", answer: "ICY 200 OK\r\n\r\n" },
  { rule: "9112 §2.3: lower case", answer: GOOD.replace("HTTP", "http") },
  { rule: "9112 §2.3: version 1.2", answer: GOOD.replace("1.1", "1.2") },
  { rule: "9112 §2.3: version 2.0", answer: GOOD.replace("1.1", "2.0") },
  { rule: "9112 §2.3: version 0.9, content alone", answer: "<html>hello</html>\r\n" },
  { rule: "9112 §4: two blanks before the status", answer: GOOD.replace(" 200", "  200") },
  { rule: "9112 §4: a status of two digits", answer: GOOD.replace("200", "20") },
  { rule: "9112 §4: a status of four digits", answer: GOOD.replace("200", "2000") },
  { rule: "9112 §4: a status with a sign", answer: GOOD.replace("200", "+20") },
  { rule: "9110 §15: status 099", answer: GOOD.replace("200", "099") },
  { rule: "9110 §15: status 600", answer: GOOD.replace("200", "600") },
  { rule: "9112 §4: NUL in the reason phrase", answer: GOOD.replace("OK", "O\0K") },
  { rule: "9112 §5.1: a blank before the colon", answer: GOOD.replace("th:", "th :") },
  { rule: "9112 §5.1: no colon", answer: "HTTP/1.1 200 OK\r\nX-Nothing\r\n\r\n" },
  { rule: "9110 §5.1: an empty name", answer: "HTTP/1.1 200 OK\r\n: a\r\n\r\n" },
  { rule: "9110 §5.1: a name that is no token", answer: "HTTP/1.1 200 OK\r\nX(Y: a\r\n\r\n" },
  { rule: "9110 §5.5: NUL in a value", answer: "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n" },
  { rule: "9112 §5.2: a folded line", answer: "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n" },
  { rule: "9110 §8.6: a negative length", answer: GOOD.replace(": 2", ": -2") },
  { rule: "9110 §8.6: a length with a sign", answer: GOOD.replace(": 2", ": +2") },
  { rule: "9110 §8.6: a hexadecimal length", answer: GOOD.replace(": 2", ": 0x2") },
  { rule: "9110 §8.6: an empty length", answer: GOOD.replace(": 2", ":") },
  {
    rule: "9110 §8.6: a length beyond all bounds",
    answer: GOOD.replace(": 2", `: ${"9".repeat(30)}`),
  },
  { rule: "9112 §6.3: a list of lengths", answer: GOOD.replace(": 2", ": 2, 2") },
  {
    rule: "9112 §6.3: two lengths",
    answer: GOOD.replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\n"),
  },
  {
    rule: "9112 §6.3: the same length twice",
    answer: GOOD.replace("\r\n\r\n", "\r\ncontent-length: 2\r\n\r\n"),
  },
  {
    rule: "9112 §6.1: length and coding",
    answer: GOOD.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n"),
  },
  { rule: "9112 §6.1: an unknown coding", answer: CHUNKED.replace("chunked", "gzip") },
  {
    rule: "9112 §6.1: a coding before chunked",
    answer: CHUNKED.replace("chunked", "gzip, chunked"),
  },
  { rule: "9112 §6.1: chunked twice", answer: CHUNKED.replace("chunked", "chunked, chunked") },
  {
    rule: "9112 §6.1: chunked with a parameter",
    answer: CHUNKED.replace("chunked", "chunked;a=b"),
  },
  { rule: "9112 §6.1: xchunked", answer: CHUNKED.replace("chunked", "xchunked") },
  { rule: "9112 §6.1: a coding in HTTP/1.0", answer: CHUNKED.replace("1.1", "1.0") },
  {
    rule: "9112 §6.1: a coding and a length for HEAD",
    method: "HEAD",
    answer: GOOD.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n"),
  },
  {
    rule: "9110 §15.2.2: 101 that nobody asked for",
    answer: "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  },
  {
    rule: "9110 §8.6: an interim response with content",
    answer: `HTTP/1.1 103 X\r\nContent-Length: 5\r\n\r\n12345${GOOD}`,
  },
  {
    rule: "9112 §6.1: an interim response with chunks",
    answer: `HTTP/1.1 100 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${GOOD}`,
  },
  {
    rule: "9110 §15.2: interim responses without end",
    answer: "HTTP/1.1 102 X\r\n\r\n".repeat(300),
  },
  {
    rule: "9110 §5.4: too many fields",
    kind: "upstream_too_large_head",
    answer: `HTTP/1.1 200 OK\r\n${"X: a\r\n".repeat(129)}\r\n`,
  },
  {
    rule: "9110 §5.4: too large a head",
    kind: "upstream_too_large_head",
    answer: `HTTP/1.1 200 OK\r\nX: ${"a".repeat(70_000)}\r\n\r\n`,
  },
  {
    rule: "9110 §5.4: a reason phrase without end",
    kind: "upstream_too_large_head",
    answer: `HTTP/1.1 200 ${"a".repeat(70_000)}`,
  },
];

/** What must not be taken for content. */
const CONTENTS: readonly Case[] = [
  { rule: "9112 §7.1: a size that is no number", answer: `${CHUNKED}x\r\n` },
  { rule: "9112 §7.1: a size with 0x", answer: `${CHUNKED}0x2\r\nok\r\n0\r\n\r\n` },
  { rule: "9112 §7.1: a negative size", answer: `${CHUNKED}-2\r\nok\r\n0\r\n\r\n` },
  { rule: "9112 §7.1: a size beyond all bounds", answer: `${CHUNKED}${"f".repeat(17)}\r\n` },
  { rule: "9112 §7.1: no size", answer: `${CHUNKED}\r\nok\r\n0\r\n\r\n` },
  { rule: "9112 §7.1: a blank before the size", answer: `${CHUNKED} 2\r\nok\r\n0\r\n\r\n` },
  { rule: "9112 §7.1: LF behind the size", answer: `${CHUNKED}2\nok\r\n0\r\n\r\n` },
  { rule: "9112 §7.1: no CRLF behind the data", answer: `${CHUNKED}2\r\nokay0\r\n\r\n` },
  { rule: "9112 §7.1: LF behind the data", answer: `${CHUNKED}2\r\nok\n0\r\n\r\n` },
  { rule: "9112 §7.1.1: a malformed extension", answer: `${CHUNKED}2;=\r\nok\r\n0\r\n\r\n` },
  {
    rule: "9112 §7.1.1: extensions without end",
    answer: `${CHUNKED}2;${"a".repeat(5_000)}\r\nok\r\n`,
  },
  { rule: "9112 §7.1.2: a malformed trailer", answer: `${CHUNKED}2\r\nok\r\n0\r\nX Y: a\r\n\r\n` },
  { rule: "9112 §7.1.2: a folded trailer", answer: `${CHUNKED}2\r\nok\r\n0\r\nX: a\r\n b\r\n\r\n` },
  {
    rule: "9112 §7.1.2: trailers without end",
    kind: "bad_response",
    answer: `${CHUNKED}2\r\nok\r\n0\r\nX: ${"a".repeat(20_000)}\r\n\r\n`,
  },
];

/** What is a response, but has something behind it that belongs to none. */
const STRAYS: readonly Case[] = [
  { rule: "9112 §9.2: a second response", answer: GOOD + GOOD },
  { rule: "9112 §6.3: bytes behind the length", answer: `${GOOD}!` },
  { rule: "9112 §6.3: content of a HEAD response", method: "HEAD", answer: GOOD },
  {
    rule: "9110 §15.3.5: content of a 204",
    answer: "HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\nok",
  },
  { rule: "9110 §15.4.5: content of a 304", answer: "HTTP/1.1 304 X\r\nETag: a\r\n\r\nok" },
  { rule: "9112 §7.1: bytes behind the last chunk", answer: `${CHUNKED}2\r\nok\r\n0\r\n\r\nHTTP` },
];

async function withUpstream(
  { answer }: Case,
  run: (transport: ReturnType<typeof http1Transport>, address: string) => Promise<void>,
): Promise<void> {
  await using upstream = rawServer(async (connection, number) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send(number === 0 ? answer : GOOD.replace("ok", "2d"));
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  await run(transport, upstream.address);
  // Whatever came before, the next exchange is on a connection of its own and gets its own answer.
  assertEquals(await textOf(await send(transport, upstream.address)), "2d");
  assertEquals([upstream.count, transport.statistics().reused], [2, 0]);
}

for (const one of HEADS) {
  Deno.test(`http1Transport refuses a response, RFC ${one.rule}`, () =>
    withUpstream(one, async (transport, address) => {
      const kind = await kindOf(send(transport, address, { method: one.method ?? "GET" }));
      assertEquals(kind, one.kind ?? "bad_response");
      assertEquals(transport.statistics().open, 0);
    }));
}

for (const one of CONTENTS) {
  Deno.test(`http1Transport refuses content, RFC ${one.rule}`, () =>
    withUpstream(one, async (transport, address) => {
      const read = async () => {
        const { body } = await send(transport, address);
        if (body !== null) await readAll(body);
      };
      assertEquals(await kindOf(read()), one.kind ?? "bad_response");
      assertEquals(transport.statistics().open, 0);
    }));
}

for (const one of STRAYS) {
  Deno.test(`http1Transport does not use a connection again, RFC ${one.rule}`, () =>
    withUpstream(one, async (transport, address) => {
      const method = one.method ?? "GET";
      const reply = await send(transport, address, { method });
      const isEmpty = method === "HEAD" || reply.status !== 200;
      assertEquals(await textOf(reply), isEmpty ? "" : "ok");
      assertEquals(transport.statistics().open, 0);
    }));
}

Deno.test("http1Transport takes no response that comes before its request", async () => {
  await using upstream = rawServer(async (connection, number) => {
    if (number === 0) await connection.send(GOOD);
    else {
      await connection.readUntil("\r\n\r\n");
      await connection.send(GOOD.replace("ok", "2d"));
    }
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  await transport.warmUp({
    hostname: "127.0.0.1",
    port: upstream.port,
    transport: "tcp",
    scheme: "http",
  }, 1);
  while (transport.statistics().dirty === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(await textOf(await send(transport, upstream.address)), "2d");
});
