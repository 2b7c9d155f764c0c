import { connect } from "node:net";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  bodyFrom,
  drain,
  type Exchange,
  type Handler,
  HeaderList,
  readText,
  reply,
  responseHead,
  type Tunnel,
} from "../../../../core/mod.ts";
import { ProxyError } from "../../../../errors/mod.ts";
import { rawClient, signalOf } from "../../../support/raw.ts";
import { serveWire } from "./wire_server.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Deno.test("ServerConnection answers requests on one connection, one after the other", async () => {
  await using server = serveWire(({ request }) => reply(200, `you asked for ${request.target}`));
  using client = await rawClient(server.port);
  for (const target of ["/a", "/b?c", "/%2F/../d"]) {
    await client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const { head, body } = await client.readMessage();
    assertMatch(head, /^HTTP\/1\.1 200 OK\r\n/);
    assertMatch(head, /\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    assertEquals(body, `you asked for ${target}`);
  }
  await server.ended(3);
  assertEquals(server.ends.map(({ status, error, sentBytes }) => [status, error, sentBytes]), [
    [200, null, 16],
    [200, null, 18],
    [200, null, 23],
  ]);
});

Deno.test("ServerConnection answers pipelined requests in their order", async () => {
  await using server = serveWire(async ({ request, body }) => {
    const text = body === null ? "" : await readText(body);
    return reply(200, `${request.target}${text};`);
  });
  using client = await rawClient(server.port);
  await client.send(
    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" +
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n" +
      "GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  const all = await client.readToEnd();
  assertEquals(all.match(/\/\d\w*;/g), ["/1;", "/2abc;", "/3de;", "/4;"]);
});

Deno.test("ServerConnection takes a request that comes byte by byte", async () => {
  await using server = serveWire(async ({ request, body }) =>
    reply(200, `${request.headers.get("x-a")} ${body && await readText(body)}`)
  );
  using client = await rawClient(server.port);
  const text = "POST / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "5;x=y\r\nhello\r\n0\r\n\r\n";
  for (const character of text) await client.send(character);
  assertEquals((await client.readMessage()).body, "1 hello");
});

Deno.test("ServerConnection takes a head that is larger than its idle buffer", async () => {
  await using server = serveWire(({ request }) =>
    reply(200, String(request.headers.get("x-long")?.length))
  );
  using client = await rawClient(server.port);
  for (const length of [900, 2_000, 20_000, 60_000, 10]) {
    await client.send(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(length)}\r\n\r\n`);
    assertEquals((await client.readMessage()).body, String(length));
  }
});

Deno.test("ServerConnection answers HTTP/1.0 and closes, also when asked to keep open", async () => {
  await using server = serveWire(() => reply(200, "ok"));
  using once = await rawClient(server.port);
  await once.send("GET / HTTP/1.0\r\n\r\n");
  assertMatch(await once.readToEnd(), /\r\nconnection: close\r\n\r\nok$/);
  // RFC 9112 §9.3: a proxy keeps no connection with a client of 1.0.
  using kept = await rawClient(server.port);
  await kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  assertMatch(await kept.readToEnd(), /\r\nconnection: close\r\n\r\nok$/);
});

Deno.test("ServerConnection ends content of unknown length for HTTP/1.0 with the connection", async () => {
  await using server = serveWire(() => reply(200, new Blob(["no length"]).stream()));
  using client = await rawClient(server.port);
  await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const all = await client.readToEnd();
  assertEquals(all.includes("transfer-encoding"), false);
  assertMatch(all, /\r\n\r\nno length$/);
});

Deno.test("ServerConnection sends content of unknown length chunked, with trailers", async () => {
  await using server = serveWire(() => {
    const trailers = new HeaderList([["X-Sum", "3"]]);
    return reply(200, bodyFrom(new Blob(["abc"]).stream(), { trailers }));
  });
  using client = await rawClient(server.port);
  await client.send(GET);
  const head = await client.readUntil("\r\n\r\n");
  assertMatch(head, /\r\ntransfer-encoding: chunked\r\n/);
  assertEquals(await client.readUntil("\r\n\r\n"), "3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n");
});

for (
  const [name, method, status, fields] of [
    ["HEAD", "HEAD", 200, ["content-length: 5"]],
    ["204", "GET", 204, []],
    ["304", "GET", 304, ['etag: "a"']],
  ] as const
) {
  Deno.test(`ServerConnection sends no content for ${name}, and goes on`, async () => {
    await using server = serveWire(() =>
      reply(status, "hello", { headers: { etag: '"a"', "content-length": "5" } })
    );
    using client = await rawClient(server.port);
    for (let i = 0; i < 2; i++) {
      await client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      const head = await client.readUntil("\r\n\r\n");
      assertStringIncludes(head, `HTTP/1.1 ${status} `);
      for (const field of fields) assertStringIncludes(head, field);
      if (status === 204) assertEquals(head.includes("content-length"), false);
    }
  });
}

Deno.test("ServerConnection tells a waiting client to send its content when it is read", async () => {
  await using server = serveWire(async ({ body }) => reply(200, body && await readText(body)));
  using client = await rawClient(server.port);
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  );
  assertEquals(await client.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.send("abc");
  assertEquals((await client.readMessage()).body, "abc");
});

Deno.test("ServerConnection refuses content without 100, and closes", async () => {
  await using server = serveWire(() => reply(413));
  using client = await rawClient(server.port);
  await client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  );
  const all = await client.readToEnd();
  assertMatch(all, /^HTTP\/1\.1 413 /);
  assertMatch(all, /\r\nconnection: close\r\n/);
});

Deno.test("ServerConnection sends interim responses before the final one", async () => {
  await using server = serveWire((exchange) => {
    exchange.inform(responseHead(103, [["Link", "</style.css>; rel=preload"]]));
    return reply(200, "ok");
  });
  using client = await rawClient(server.port);
  await client.send(GET);
  assertEquals(
    await client.readUntil("\r\n\r\n"),
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
  );
  assertEquals((await client.readMessage()).body, "ok");
});

Deno.test("ServerConnection drops short content that nobody read, and goes on", async () => {
  await using server = serveWire(() => reply(200, "ok"));
  using client = await rawClient(server.port);
  for (let i = 0; i < 2; i++) {
    await client.send(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${"x".repeat(5000)}`,
    );
    assertEquals((await client.readMessage()).body, "ok");
  }
});

Deno.test("ServerConnection closes after content that is too long to drop", async () => {
  await using server = serveWire(() => reply(413), { maxDrainBytes: 100 });
  using client = await rawClient(server.port);
  await client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${"x".repeat(5000)}`,
  );
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 413 /);
});

Deno.test("ServerConnection answers before the upload has ended", async () => {
  await using server = serveWire(async ({ body }) => {
    await body?.read();
    return reply(200, "early");
  });
  using client = await rawClient(server.port);
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst");
  assertEquals((await client.readMessage()).body, "early");
  await client.send("lastly".slice(0, 5) + GET);
  assertEquals((await client.readMessage()).body, "early");
});

Deno.test("ServerConnection answers a client that has ended its direction", async () => {
  const go = signalOf();
  await using server = serveWire(async () => {
    await go.promise;
    return reply(200, "still here");
  });
  using client = await rawClient(server.port);
  await client.send(GET);
  await client.conn.closeWrite();
  go.resolve();
  assertMatch(await client.readToEnd(), /still here$/);
});

Deno.test("ServerConnection gives a client up that ended and stays silent for the grace", async () => {
  const arrived = signalOf();
  await using server = serveWire(async (exchange) => {
    arrived.resolve();
    await new Promise((_, reject) => exchange.cancel.onCancel(reject));
    return reply(200);
  }, { halfClosedGraceMs: 50 });
  const client = await rawClient(server.port);
  await client.send(GET);
  await arrived.promise;
  client.close();
  await server.ended(1);
  const [{ status, error }] = server.ends;
  assertEquals([status, error?.kind], [499, "client_gone"]);
  await server.quiet();
});

/** Waits until its exchange is over. */
const untilOver: Handler = async ({ cancel }) => {
  await new Promise((_, reject) => cancel.onCancel(reject));
  return reply(200);
};

Deno.test("ServerConnection gives a client up at once that ended, where there is no grace", async () => {
  await using server = serveWire(untilOver, { halfClosedGraceMs: 0 });
  using client = await rawClient(server.port);
  await client.send(GET);
  await client.conn.closeWrite();
  await server.ended(1);
  assertEquals(server.ends[0].error?.kind, "client_gone");
});

Deno.test("ServerConnection sees at once that a client has reset its connection", async () => {
  const arrived = signalOf();
  // Longer than the test may take: what was reset needs no grace.
  await using server = serveWire((exchange) => {
    arrived.resolve();
    return untilOver(exchange);
  }, { halfClosedGraceMs: 600_000 });
  const client = connect(server.port, "127.0.0.1");
  client.write(GET);
  await arrived.promise;
  client.resetAndDestroy();
  await server.ended(1);
  assertEquals([server.ends[0].status, server.ends[0].error?.kind], [499, "client_gone"]);
});

Deno.test("ServerConnection tells the body's reader when the client breaks an upload off", async () => {
  const kinds: (string | undefined)[] = [];
  await using server = serveWire(async ({ body }) => {
    await drain(body ?? bodyFrom("")).catch((error) => kinds.push(error.kind));
    return reply(200);
  });
  const client = await rawClient(server.port);
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\nabc");
  client.close();
  await server.ended(1);
  assertEquals(kinds, ["client_body_broken"]);
});

Deno.test("ServerConnection cuts the client when the content of a reply breaks", async () => {
  for (const length of [100, undefined]) {
    await using server = serveWire(() => {
      async function* breaking() {
        yield await Promise.resolve(new TextEncoder().encode("abc"));
        throw new ProxyError("upstream_body_broken");
      }
      return reply(200, bodyFrom(breaking(), { length }));
    });
    using client = await rawClient(server.port);
    await client.send(GET);
    const all = await client.readToEnd();
    assertStringIncludes(all, "abc");
    assertEquals(all.endsWith("0\r\n\r\n"), false);
    await server.ended(1);
    assertEquals(server.ends[0].error?.kind, "upstream_body_broken");
  }
});

for (const [name, content] of [["longer", "abcdef"], ["shorter", "ab"]] as const) {
  Deno.test(`ServerConnection cuts when the content is ${name} than its length`, async () => {
    await using server = serveWire(() => ({
      ...reply(200, new Blob([content]).stream()),
      headers: new HeaderList([["content-length", "4"]]),
    }));
    using client = await rawClient(server.port);
    await client.send(GET);
    const body = (await client.readToEnd()).split("\r\n\r\n")[1];
    assertEquals(body, name === "longer" ? "" : "ab");
    await server.ended(1);
    assertEquals(server.ends[0].error === null, false);
  });
}

const REFUSED = [
  { name: "no Host: 400", text: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  {
    name: "Content-Length and Transfer-Encoding: 400",
    text:
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    status: 400,
  },
  { name: "bare LF: 400", text: "GET / HTTP/1.1\nHost: a\n\n", status: 400 },
  { name: "HTTP/3.0: 505", text: "GET / HTTP/3.0\r\nHost: a\r\n\r\n", status: 505 },
  {
    name: "gzip, chunked: 501",
    text: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    status: 501,
  },
  {
    name: "a long target: 414",
    text: `GET /${"x".repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    status: 414,
  },
  {
    name: "a long head: 431",
    text: `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
    status: 431,
  },
];
for (const { name, text, status } of REFUSED) {
  Deno.test(`ServerConnection refuses ${name}, and closes`, async () => {
    let calls = 0;
    await using server = serveWire(() => {
      calls++;
      return reply(200);
    });
    using client = await rawClient(server.port);
    await client.send(text + GET).catch(() => {});
    const all = await client.readToEnd();
    assertMatch(all, new RegExp(`^HTTP/1\\.1 ${status} `));
    assertEquals(all.match(/HTTP\/1\.1/g)?.length, 1);
    assertMatch(all, /\r\nconnection: close\r\n/);
    assertEquals(calls, 0);
    await server.ended(1);
    assertEquals(server.ends[0].status, status);
  });
}

Deno.test("ServerConnection answers 400 to a bad chunk, and never what lies behind it", async () => {
  await using server = serveWire(async ({ body }) => reply(200, body && await readText(body)));
  using client = await rawClient(server.port);
  await client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n${GET}`,
  );
  const all = await client.readToEnd();
  assertMatch(all, /^HTTP\/1\.1 400 /);
  assertEquals(all.match(/HTTP\/1\.1/g)?.length, 1);
});

Deno.test("ServerConnection answers 408 to a head that does not come, and closes", async () => {
  await using server = serveWire(() => reply(200), { headTimeoutMs: 50 });
  using client = await rawClient(server.port);
  await client.send("GET / HTTP/1.1\r\nHost:");
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 408 /);
});

Deno.test("ServerConnection closes a connection that sends nothing, and an idle one", async () => {
  await using server = serveWire(() => reply(200, "ok"), { headTimeoutMs: 50, idleTimeoutMs: 50 });
  using silent = await rawClient(server.port);
  assertEquals(await silent.readToEnd(), "");
  using idle = await rawClient(server.port);
  await idle.send(GET);
  assertEquals((await idle.readMessage()).body, "ok");
  assertEquals(await idle.readToEnd(), "");
});

Deno.test("ServerConnection answers 408 to content that stops, or comes too slowly", async () => {
  for (
    const limits of [{ bodyTimeoutMs: 50 }, { minRateGraceMs: 20, minBytesPerSecond: 1_000_000 }]
  ) {
    await using server = serveWire(
      async ({ body }) => reply(200, body && await readText(body)),
      limits,
    );
    using client = await rawClient(server.port);
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n");
    const trickle = (async () => {
      if (limits.minRateGraceMs === undefined) return;
      for (let i = 0; i < 500; i++) {
        await client.send("x");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })().catch(() => {});
    assertMatch(await client.readToEnd(), /^HTTP\/1\.1 408 /);
    await server.ended(1);
    assertEquals(server.ends[0].error?.kind, "body_timeout");
    client.close();
    await trickle;
  }
});

Deno.test("ServerConnection cuts a client that reads nothing", async () => {
  await using server = serveWire(() => {
    async function* endless() {
      for (;;) yield await Promise.resolve(new Uint8Array(65_536));
    }
    return reply(200, bodyFrom(endless()));
  }, { writeTimeoutMs: 100 });
  using client = await rawClient(server.port);
  await client.send(GET);
  await server.ended(1);
  assertEquals(server.ends[0].error?.kind, "client_gone");
});

Deno.test("ServerConnection carries no more requests than it may", async () => {
  await using server = serveWire(() => reply(200, "ok"), { maxRequests: 2 });
  using client = await rawClient(server.port);
  await client.send(GET);
  assertEquals((await client.readMessage()).head.includes("connection: close"), false);
  await client.send(GET);
  assertMatch(await client.readToEnd(), /\r\nconnection: close\r\n\r\nok$/);
});

Deno.test("ServerConnection drains: the next answer is the last, an idle connection ends", async () => {
  const go = signalOf();
  const arrived = signalOf();
  await using server = serveWire(async () => {
    arrived.resolve();
    await go.promise;
    return reply(200, "last");
  });
  using busy = await rawClient(server.port);
  await busy.send(GET);
  await arrived.promise;
  for (const connection of server.connections) connection.drain();
  go.resolve();
  assertMatch(await busy.readToEnd(), /\r\nconnection: close\r\n\r\nlast$/);
  await server.quiet();
});

Deno.test("ServerConnection answers what the handler throws", async () => {
  await using server = serveWire(() => {
    throw new ProxyError("overloaded");
  });
  using client = await rawClient(server.port);
  await client.send(GET);
  assertMatch((await client.readMessage()).head, /^HTTP\/1\.1 503 /);
  await server.ended(1);
  assertEquals(server.ends[0].error?.kind, "overloaded");
});

/** A tunnel that gives back what it gets. */
function echoTunnel(): Tunnel {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reader = readable.getReader();
  const writer = writable.getWriter();
  return {
    read: async () => (await reader.read()).value ?? null,
    write: async (bytes) => await writer.write(bytes.slice()),
    closeWrite: async () => await writer.close(),
    close: () => void writer.abort(new Error("closed")).catch(() => {}),
  };
}

Deno.test("ServerConnection becomes a tunnel behind a 101, with bytes that came early", async () => {
  await using server = serveWire(() => ({
    ...reply(101, null, { headers: { upgrade: "echo", connection: "upgrade" } }),
    tunnel: echoTunnel(),
  }));
  using client = await rawClient(server.port);
  await client.send(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly",
  );
  const head = await client.readUntil("\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assertMatch(head, /\r\nconnection: upgrade\r\n/i);
  assertEquals(await client.readBytes(5), "early");
  await client.send("later");
  assertEquals(await client.readBytes(5), "later");
  await client.conn.closeWrite();
  assertEquals(await client.readToEnd(), "");
  await server.ended(1);
  const [{ status, sentBytes, receivedBytes, error }] = server.ends;
  assertEquals([status, sentBytes, receivedBytes, error], [101, 10, 10, null]);
});

Deno.test("ServerConnection tells a WebSocket at the end of a frame that the server stops", async () => {
  for (
    const [first, rest] of [["", ""], ["\x81\x05he", "llo"], ["\x82\x7e\x01\x00", "x".repeat(256)]]
  ) {
    const more = signalOf();
    await using server = serveWire(() => {
      const parts = [first, rest + "\x81\x03bye"];
      const waits = [Promise.resolve(), more.promise, new Promise<void>(() => {})];
      const closed = signalOf();
      return {
        ...reply(101, null, { headers: { upgrade: "WebSocket", connection: "upgrade" } }),
        tunnel: {
          read: async () => {
            await Promise.race([waits.shift(), closed.promise]);
            const part = parts.shift();
            return part === undefined ? null : Uint8Array.from(part, (c) => c.charCodeAt(0));
          },
          write: () => Promise.resolve(),
          closeWrite: () => Promise.resolve(),
          close: closed.resolve,
        },
      };
    });
    using client = await rawClient(server.port);
    await client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await client.readUntil("\r\n\r\n");
    assertEquals(await client.readBytes(first.length), first);
    for (const connection of server.connections) connection.drain();
    more.resolve();
    // RFC 6455 §7.4.1: 1001, going away; nothing comes behind a Close frame (§5.5.1).
    assertEquals(await client.readBytes(rest.length + 4), `${rest}\x88\x02\x03\xe9`);
    await client.send("\x88\x82\0\0\0\0\x03\xe9");
    await client.conn.closeWrite();
    await server.ended(1);
    assertEquals(server.ends[0].status, 101);
  }
});

Deno.test("ServerConnection ends a tunnel that is silent for too long", async () => {
  await using server = serveWire(() => ({
    ...reply(101, null, { headers: { upgrade: "echo", connection: "upgrade" } }),
    tunnel: echoTunnel(),
  }), { tunnelTimeoutMs: 50 });
  using client = await rawClient(server.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
  await client.readUntil("\r\n\r\n");
  assertEquals(await client.readToEnd(), "");
  await server.ended(1);
  assertEquals(server.ends[0].error?.kind, "deadline_exceeded");
});

Deno.test("ServerConnection gives short content that came with its head in one piece", async () => {
  const counts: number[] = [];
  await using server = serveWire(async ({ body }) => {
    const into = new Uint8Array(100);
    const count = body?.readInto?.(into, 10) ?? -1;
    counts.push(count);
    const rest = body === null ? "" : await readText(body);
    return reply(200, new TextDecoder().decode(into.subarray(10, 10 + Math.max(count, 0))) + rest);
  });
  using client = await rawClient(server.port);
  const post = "POST / HTTP/1.1\r\nHost: a\r\n";
  // In one write; then in two; then chunked, whose end nobody knows without reading.
  await client.send(`${post}Content-Length: 5\r\n\r\nwhole${GET}`);
  assertEquals((await client.readMessage()).body, "whole");
  await client.readMessage();
  await client.send(`${post}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
  assertEquals((await client.readMessage()).body, "abc");
  assertEquals(counts, [5, -1, -1]);
});

for (
  const [name, content] of [
    ["short content that is at hand", "Content-Length: 3\r\n\r\nabc"],
    ["content of which a part came", "Content-Length: 300\r\n\r\nabc"],
    ["chunked content", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
    ["content that has not begun", "Content-Length: 3\r\n\r\n"],
  ] as const
) {
  Deno.test(`ServerConnection notices a client that leaves while nobody reads ${name}`, async () => {
    const arrived = signalOf();
    await using server = serveWire(async (exchange) => {
      arrived.resolve();
      await new Promise((_, reject) => exchange.cancel.onCancel(reject));
      return reply(200);
    }, { halfClosedGraceMs: 20 });
    const client = await rawClient(server.port);
    await client.send(`POST / HTTP/1.1\r\nHost: a\r\n${content}`);
    await arrived.promise;
    client.close();
    await server.ended(1);
    assertEquals([server.ends[0].status, server.ends[0].error?.kind], [499, "client_gone"]);
  });
}

Deno.test("ServerConnection sends no interim response for an exchange that has ended", async () => {
  const exchanges: Exchange[] = [];
  await using server = serveWire((exchange) => {
    exchanges.push(exchange);
    if (exchanges.length === 2) exchanges[0].inform(responseHead(103));
    return reply(200, "ok");
  });
  using client = await rawClient(server.port);
  for (let i = 0; i < 2; i++) {
    await client.send(GET);
    assertMatch((await client.readMessage()).head, /^HTTP\/1\.1 200 /);
  }
});
