import { assertEquals, assertMatch } from "@std/assert";
import {
  type Body,
  bodyFrom,
  HeaderList,
  http1Transport,
  type RequestHead,
  requestHead,
  RequestParser,
  WireRequestHead,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { type RawConnection, rawServer, signalOf } from "../../support/raw.ts";
import { kindOf, send, type SendInit, textOf } from "./_http1_tools.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** What arrives at an upstream that answers after a text, with each request. */
async function arriving(
  init: SendInit,
  until: string,
): Promise<{ text: string; reply: string }> {
  const { promise, resolve } = signalOf<string>();
  await using upstream = rawServer(async (connection) => {
    resolve(await connection.readUntil(until));
    await connection.send(OK);
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  const reply = await textOf(await send(transport, upstream.address, init));
  return { text: await promise, reply };
}

/** A body that the transport can only read piece by piece. */
function pieces(...texts: string[]): Body {
  return bodyFrom((async function* () {
    for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
  })());
}

interface WireCase {
  name: string;
  init: SendInit;
  /** What is on the wire, to its last byte. */
  wire: string;
}

const HOST = "host: app.example\r\n";

const WIRE: readonly WireCase[] = [
  {
    name: "a head, byte for byte",
    init: { method: "PURGE", target: "/a/../b?%zz", headers: [["X-One", "1"], ["x-one", "2"]] },
    wire: `PURGE /a/../b?%zz HTTP/1.1\r\nX-One: 1\r\nx-one: 2\r\n${HOST}\r\n`,
  },
  {
    name: "OPTIONS *",
    init: { method: "OPTIONS", target: "*" },
    wire: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  },
  {
    name: "bytes above 127 in target and value",
    init: { target: "/\u00fc", headers: [["x", "\u00e4"]] },
    wire: `GET /\u00fc HTTP/1.1\r\nx: \u00e4\r\n${HOST}\r\n`,
  },
  {
    name: "POST without content says so (RFC 9110 §8.6)",
    init: { method: "POST" },
    wire: `POST / HTTP/1.1\r\n${HOST}content-length: 0\r\n\r\n`,
  },
  {
    name: "DELETE without content says nothing",
    init: { method: "DELETE" },
    wire: `DELETE / HTTP/1.1\r\n${HOST}\r\n`,
  },
  {
    name: "a length that the head has",
    init: { method: "PUT", headers: [["Content-Length", "3"]], body: bodyFrom("abc") },
    wire: `PUT / HTTP/1.1\r\nContent-Length: 3\r\n${HOST}\r\nabc`,
  },
  {
    name: "a length that the body knows",
    init: { method: "PUT", body: bodyFrom("abc") },
    wire: `PUT / HTTP/1.1\r\n${HOST}content-length: 3\r\n\r\nabc`,
  },
  {
    name: "a length that the head alone knows",
    init: { method: "PUT", headers: [["content-length", "4"]], body: pieces("ab", "cd") },
    wire: `PUT / HTTP/1.1\r\ncontent-length: 4\r\n${HOST}\r\nabcd`,
  },
  {
    name: "empty content with a length",
    init: { method: "PUT", body: bodyFrom("") },
    wire: `PUT / HTTP/1.1\r\n${HOST}content-length: 0\r\n\r\n`,
  },
  {
    name: "chunks, and no empty one before the end",
    init: { method: "PUT", body: pieces("abc", "", "d") },
    wire:
      `PUT / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n`,
  },
  {
    name: "chunks that the head asks for",
    init: { method: "PUT", headers: [["transfer-encoding", "Chunked"]], body: bodyFrom("abc") },
    wire: `PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n${HOST}\r\n3\r\nabc\r\n0\r\n\r\n`,
  },
  {
    name: "a large chunk between small ones",
    init: { method: "PUT", body: pieces("a", "b".repeat(40_000), "c", "d".repeat(20_000)) },
    wire: `PUT / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n1\r\na\r\n9c40\r\n${
      "b".repeat(40_000)
    }\r\n1\r\nc\r\n4e20\r\n${"d".repeat(20_000)}\r\n0\r\n\r\n`,
  },
  {
    name: "trailers behind chunks",
    init: {
      method: "PUT",
      body: bodyFrom(new Blob(["abc"]).stream(), { trailers: new HeaderList([["X-Sum", "6"]]) }),
    },
    wire:
      `PUT / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n`,
  },
  {
    name: "a head that is larger than a buffer",
    init: { headers: [["x", "y".repeat(40_000)]] },
    wire: `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n${HOST}\r\n`,
  },
  {
    name: "content in memory that is larger than a buffer",
    init: { method: "PUT", body: bodyFrom(`${"z".repeat(99_999)}!`) },
    wire: `PUT / HTTP/1.1\r\n${HOST}content-length: 100000\r\n\r\n${"z".repeat(99_999)}!`,
  },
];

for (const { name, init, wire } of WIRE) {
  Deno.test(`http1Transport sends ${name}`, async () => {
    const { text, reply } = await arriving(init, wire.slice(-30));
    assertEquals([text, reply], [wire, "ok"]);
  });
}

Deno.test("http1Transport copies a received head as it is", async () => {
  const { promise, resolve } = signalOf<string>();
  await using upstream = rawServer(async (connection) => {
    resolve(await connection.readUntil("\r\n\r\n"));
    await connection.send(OK);
    await connection.readToEnd();
  });
  const text =
    "GET http://b.example/%7Ea HTTP/1.1\r\nHOST:b.example\r\nX-A:  spaced  \r\nX-B: 2\r\n\r\n";
  const bytes = new TextEncoder().encode(text);
  const head = new WireRequestHead();
  new RequestParser().parse(bytes, 0, bytes.byteLength, head);
  head.headers.delete("x-b");
  await using transport = http1Transport();
  const answer = transport.exchange(head, null, {
    peer: { hostname: "127.0.0.1", port: upstream.port, transport: "tcp", scheme: "http" },
    cancel: {
      cancelled: false,
      reason: undefined,
      onCancel: () => () => {},
      signal: AbortSignal.any([]),
    },
  });
  await textOf(await answer);
  assertEquals(await promise, "GET /%7Ea HTTP/1.1\r\nHOST:b.example\r\nX-A:  spaced  \r\n\r\n");
});

Deno.test("http1Transport sends a head and small content in one write", async () => {
  const writes: number[] = [];
  await using upstream = rawServer(async (connection) => {
    for (;;) {
      await connection.readUntil("\r\n\r\nabc");
      await connection.send(OK);
    }
  });
  await using transport = http1Transport({
    dial: async () => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: upstream.port });
      const write = conn.write.bind(conn);
      conn.write = (bytes) => {
        writes.push(bytes.byteLength);
        return write(bytes);
      };
      return { conn, remote: "", dnsMs: 0, connectMs: 0, tlsMs: 0 };
    },
  });
  for (let i = 0; i < 3; i++) {
    const init = { method: "POST", body: bodyFrom("abc") };
    await textOf(await send(transport, upstream.address, init));
  }
  assertEquals(writes.length, 3);
});

// What would be read in two ways is not sent at all.

const refused: { name: string; head: RequestHead; body?: Body }[] = [
  {
    name: "Content-Length and Transfer-Encoding (RFC 9112 §6.1)",
    head: requestHead({
      headers: [["host", "a"], ["content-length", "3"], ["transfer-encoding", "chunked"]],
    }),
    body: bodyFrom("abc"),
  },
  {
    name: "two lengths (RFC 9112 §6.3)",
    head: requestHead({
      headers: [["host", "a"], ["content-length", "3"], ["content-length", "3"]],
    }),
    body: bodyFrom("abc"),
  },
  {
    name: "a malformed length (RFC 9110 §8.6)",
    head: requestHead({ headers: [["host", "a"], ["content-length", "+3"]] }),
    body: bodyFrom("abc"),
  },
  {
    name: "another coding than chunked (RFC 9112 §6.1)",
    head: requestHead({ headers: [["host", "a"], ["transfer-encoding", "gzip, chunked"]] }),
    body: bodyFrom("abc"),
  },
  {
    name: "a length without content",
    head: requestHead({ headers: [["host", "a"], ["content-length", "3"]] }),
  },
  {
    name: "chunked without content",
    head: requestHead({ headers: [["host", "a"], ["transfer-encoding", "chunked"]] }),
  },
  {
    name: "another length than the content has",
    head: requestHead({ headers: [["host", "a"], ["content-length", "3"]] }),
    body: bodyFrom("abcd"),
  },
  { name: "no Host (RFC 9112 §3.2)", head: requestHead() },
  {
    name: "two Hosts (RFC 9112 §3.2)",
    head: requestHead({ headers: [["host", "a"], ["Host", "b"]] }),
  },
  { name: "CR and LF in the method", head: changed({ method: "GET / HTTP/1.1\r\nX: y" }) },
  { name: "a blank in the target", head: changed({ target: "/ HTTP/1.1" }) },
  { name: "CR and LF in the target", head: changed({ target: "/\r\nX: y" }) },
  { name: "an empty target", head: changed({ target: "" }) },
  { name: "a character that is no byte in the target", head: changed({ target: "/\u0141" }) },
  { name: "NUL in a field", head: withTrusted("x", "a\0b") },
  { name: "CR and LF in a field", head: withTrusted("x", "a\r\nX: y") },
  { name: "LF in a field's name", head: withTrusted("x\ny", "a") },
];

/** A head that a filter has broken. */
function changed(change: Partial<RequestHead>): RequestHead {
  return Object.assign(requestHead({ authority: "a" }), change);
}

function withTrusted(name: string, value: string): RequestHead {
  const headers = HeaderList.fromTrusted([["host", "a"], [name, value]]);
  return { method: "GET", target: "/", scheme: "http", authority: "a", version: "1.1", headers };
}

for (const { name, head, body = null } of refused) {
  Deno.test(`http1Transport does not send ${name}, and keeps the connection`, async () => {
    const seen: string[] = [];
    await using upstream = rawServer(async (connection) => {
      for (;;) {
        seen.push(await connection.readUntil("\r\n\r\n"));
        await connection.send(OK);
      }
    });
    await using transport = http1Transport();
    await textOf(await send(transport, upstream.address));
    const options = {
      peer: {
        hostname: "127.0.0.1",
        port: upstream.port,
        transport: "tcp",
        scheme: "http",
      } as const,
      cancel: {
        cancelled: false,
        reason: undefined,
        onCancel: () => () => {},
        signal: AbortSignal.any([]),
      },
    };
    let wasCancelled = body === null;
    const watched: Body | null = body === null ? null : {
      length: body.length,
      read: () => body.read(),
      cancel: () => wasCancelled = true,
    };
    assertEquals(await kindOf(transport.exchange(head, watched, options)), "internal");
    assertEquals(wasCancelled, true);
    await textOf(await send(transport, upstream.address));
    assertEquals([seen.length, upstream.count], [2, 1]);
  });
}

// Content that is not what was promised.

const broken: { name: string; body: () => Body; length: string; arrives: string }[] = [
  { name: "more bytes than promised", length: "3", body: () => pieces("ab", "cd"), arrives: "ab" },
  {
    name: "fewer bytes than promised",
    length: "9",
    body: () => pieces("ab", "cd"),
    arrives: "abcd",
  },
  {
    name: "more bytes in memory than promised",
    length: "3",
    body: () => ({ ...fixed("abcd"), length: 3 }),
    arrives: "",
  },
];

function fixed(text: string): Body {
  let bytes: Uint8Array | null = new TextEncoder().encode(text);
  const take = () => {
    const taken = bytes;
    bytes = null;
    return taken;
  };
  return { read: () => Promise.resolve(take()), takeBytes: take, cancel: () => {} };
}

for (const { name, length, body, arrives } of broken) {
  Deno.test(`http1Transport breaks off content with ${name}`, async () => {
    const all = signalOf<string>();
    await using upstream = rawServer(async (connection) => {
      all.resolve(await connection.readToEnd());
    });
    await using transport = http1Transport();
    const init = { method: "PUT", headers: [["content-length", length]] as const, body: body() };
    assertEquals(await kindOf(send(transport, upstream.address, { ...init })), "internal");
    await transport[Symbol.asyncDispose]();
    assertEquals((await all.promise).split("\r\n\r\n")[1] ?? "", arrives);
    assertEquals(transport.statistics().open, 0);
  });
}

Deno.test("http1Transport does not send trailers that would break out", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  const trailers = HeaderList.fromTrusted([["x", "a\r\n\r\nGET / HTTP/1.1"]]);
  const body = bodyFrom(new Blob(["abc"]).stream(), { trailers });
  assertEquals(
    await kindOf(send(transport, upstream.address, { method: "PUT", body })),
    "internal",
  );
});

// Expect: 100-continue (RFC 9110 §10.1.1).

const EXPECTING: SendInit["headers"] = [["expect", "100-continue"], ["content-length", "3"]];

function expectCase(
  name: string,
  upstream: (connection: RawConnection) => Promise<void>,
  run: (
    start: (
      options?: Parameters<typeof http1Transport>[0],
    ) => Promise<{ text: string; cancelled: boolean }>,
  ) => Promise<void>,
): void {
  Deno.test(`http1Transport with Expect: ${name}`, async () => {
    await using server = rawServer(upstream);
    await run(async (options) => {
      await using transport = http1Transport(options);
      let cancelled = false;
      const body = fixed("abc");
      const reply = await send(transport, server.address, {
        method: "PUT",
        headers: EXPECTING,
        body: { length: 3, read: () => body.read(), cancel: () => cancelled = true },
      });
      const text = `${reply.status} ${await textOf(reply)}`;
      return { text, cancelled };
    });
  });
}

expectCase("the content goes when 100 comes", async (connection) => {
  const head = await connection.readUntil("\r\n\r\n");
  assertMatch(head, /expect: 100-continue/);
  await connection.send("HTTP/1.1 100 Continue\r\n\r\n");
  await connection.readUntil("abc");
  await connection.send(OK);
  await connection.readToEnd();
}, async (start) => {
  assertEquals(await start({ continueTimeoutMs: 3_600_000 }), { text: "200 ok", cancelled: false });
});

expectCase("the content goes after a time without 100", async (connection) => {
  await connection.readUntil("\r\n\r\nabc");
  await connection.send(OK);
  await connection.readToEnd();
}, async (start) => {
  assertEquals(await start({ continueTimeoutMs: 1 }), { text: "200 ok", cancelled: false });
});

expectCase("a final answer keeps the content back, and ends the connection", async (connection) => {
  await connection.readUntil("\r\n\r\n");
  await connection.send("HTTP/1.1 417 X\r\nContent-Length: 2\r\n\r\nno");
  assertEquals(await connection.readToEnd(), "");
}, async (start) => {
  assertEquals(await start({ continueTimeoutMs: 3_600_000 }), { text: "417 no", cancelled: true });
});

// Both directions at once.

Deno.test("http1Transport goes on with an upload beside a response that succeeds", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let i = 0; i < 3; i++) {
      await connection.readUntil(`1\r\n${i}\r\n`);
      await connection.send(`1\r\n${i}\r\n`);
    }
    await connection.readUntil("0\r\n\r\n");
    await connection.send("0\r\n\r\n");
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  const echoed: string[] = [];
  let next = signalOf();
  const body = bodyFrom((async function* () {
    for (let i = 0; i < 3; i++) {
      yield new TextEncoder().encode(String(i));
      await next.promise;
      next = signalOf();
    }
  })());
  const reply = await send(transport, upstream.address, { method: "POST", body });
  for (let chunk = await reply.body?.read(); chunk; chunk = await reply.body?.read()) {
    echoed.push(new TextDecoder().decode(chunk));
    next.resolve();
  }
  assertEquals(echoed, ["0", "1", "2"]);
  assertEquals(transport.statistics().idle, 1);
});

Deno.test("http1Transport stops an upload when the answer has ended, and gives up the connection", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send(OK);
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  const cancelled = signalOf<unknown>();
  const reply = await send(transport, upstream.address, {
    method: "POST",
    body: { read: () => new Promise(() => {}), cancel: (reason) => cancelled.resolve(reason) },
  });
  assertEquals(await textOf(reply), "ok");
  assertEquals(await cancelled.promise instanceof ProxyError, true);
  assertEquals(transport.statistics().open, 0);
});

Deno.test("http1Transport gives the answer of an upstream that stops reading", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send("HTTP/1.1 413 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    await connection.conn.closeWrite();
    await connection.readBytes(1);
  });
  await using transport = http1Transport();
  const chunk = new Uint8Array(65_536);
  const body = bodyFrom((async function* () {
    for (;;) yield await Promise.resolve(chunk);
  })());
  const reply = await send(transport, upstream.address, { method: "POST", body });
  assertEquals([reply.status, await textOf(reply)], [413, "no"]);
});
