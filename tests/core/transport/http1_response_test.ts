import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CancelSource,
  http1Transport,
  readText,
  type Reply,
  type Tunnel,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { type RawConnection, rawServer, signalOf } from "../../support/raw.ts";
import { kindOf, send, textOf } from "./_http1_tools.ts";

/** One exchange with an upstream that is written by hand. */
async function withAnswer(
  answer: string | ((connection: RawConnection) => Promise<void>),
  run: (tools: { reply: Reply; transport: ReturnType<typeof http1Transport> }) => Promise<void>,
  init: Parameters<typeof send>[2] = {},
): Promise<void> {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    if (typeof answer === "string") await connection.send(answer);
    else await answer(connection);
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  await run({ reply: await send(transport, upstream.address, init), transport });
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null) =>
  bytes === null ? null : new TextDecoder().decode(bytes);

Deno.test("http1Transport gives small content to be copied at once", () =>
  withAnswer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", async ({ reply, transport }) => {
    assertEquals([reply.body?.length, reply.body?.isReady], [5, true]);
    assertEquals(reply.body?.readInto?.(new Uint8Array(8), 4), -1);
    const out = new Uint8Array(16);
    assertEquals(reply.body?.readInto?.(out, 3), 5);
    assertEquals(decode(out.subarray(3, 8)), "hello");
    assertEquals(await reply.body?.read(), null);
    // The connection has not waited for any of that.
    assertEquals(transport.statistics().idle, 1);
  }));

Deno.test("http1Transport gives a copy of small content to who takes it", () =>
  withAnswer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", async ({ reply }) => {
    const taken = reply.body?.takeBytes?.() ?? null;
    reply.release?.();
    assertEquals(decode(taken), "hello");
    assertEquals(reply.body?.takeBytes?.(), null);
    assertEquals(await reply.body?.read(), null);
  }));

Deno.test("http1Transport knows the length of small chunked content", () =>
  withAnswer(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    async ({ reply, transport }) => {
      assertEquals([reply.body?.length, transport.statistics().idle], [5, 1]);
      assertEquals(await textOf(reply), "abcde");
    },
  ));

Deno.test("http1Transport takes a last chunk alone for no content", () =>
  withAnswer(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    async ({ reply, transport }) => {
      assertEquals([await textOf(reply), transport.statistics().idle], ["", 1]);
    },
  ));

Deno.test("http1Transport gives trailers when the content has ended", () =>
  withAnswer(async (connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await connection.send("0\r\nX-Sum: 6\r\nContent-Length: 9\r\nx-sum: 7\r\n\r\n");
  }, async ({ reply, transport }) => {
    assertEquals(reply.body && await readText(reply.body), "abc");
    // What frames or routes may not come as a trailer (RFC 9110 §6.5.1).
    assertEquals([...reply.body?.trailers ?? []], [["X-Sum", "6"], ["x-sum", "7"]]);
    reply.release?.();
    assertEquals(transport.statistics().idle, 1);
  }));

Deno.test("http1Transport promises no length where trailers follow small content", () =>
  withAnswer(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: 0\r\n\r\n",
    async ({ reply }) => {
      assertEquals(reply.body?.length, undefined);
      assertEquals(reply.body && await readText(reply.body), "a");
      assertEquals([...reply.body?.trailers ?? []], [["X", "0"]]);
    },
  ));

Deno.test("http1Transport reads content that is larger than its buffers", async () => {
  const content = "0123456789abcdef".repeat(40_000);
  await withAnswer(
    `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
    async ({ reply, transport }) => {
      let text = "";
      for (let chunk = await reply.body?.read(); chunk; chunk = await reply.body?.read()) {
        text += decode(chunk);
      }
      assert(text === content);
      assertEquals(transport.statistics().idle, 1);
    },
  );
});

Deno.test("http1Transport moves the data of small chunks together", () =>
  withAnswer(async (connection) => {
    const chunks = Array.from({ length: 100 }, (_, i) => `2\r\n${String(i).padStart(2, "0")}\r\n`);
    await connection.send(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}`,
    );
    await connection.send("0\r\n\r\n");
  }, async ({ reply }) => {
    let reads = 0;
    let text = "";
    for (let chunk = await reply.body?.read(); chunk; chunk = await reply.body?.read()) {
      reads++;
      text += decode(chunk);
    }
    assertEquals(text, Array.from({ length: 100 }, (_, i) => String(i).padStart(2, "0")).join(""));
    assert(reads < 10, `${reads} reads`);
  }));

Deno.test("http1Transport takes a head that is larger than a buffer", () =>
  withAnswer(
    `HTTP/1.1 200 OK\r\nX: ${"a".repeat(50_000)}\r\nContent-Length: 2\r\n\r\nok`,
    async ({ reply }) => {
      assertEquals(reply.headers.get("x")?.length, 50_000);
      assertEquals(await textOf(reply), "ok");
    },
  ));

Deno.test("http1Transport keeps a head apart from later responses until it is released", async () => {
  await using upstream = rawServer(async (connection) => {
    for (let i = 0;; i++) {
      await connection.readUntil("\r\n\r\n");
      await connection.send(
        `HTTP/1.1 200 R${i}\r\nX-Number: ${i}\r\nContent-Length: 1\r\n\r\n${i}`,
      );
    }
  });
  await using transport = http1Transport();
  const replies: Reply[] = [];
  for (let i = 0; i < 5; i++) replies.push(await send(transport, upstream.address));
  assertEquals(upstream.count, 1);
  for (const [i, reply] of replies.entries()) {
    const { reason, headers, body } = reply;
    assertEquals([reason, headers.get("x-number"), body && await readText(body)], [
      `R${i}`,
      `${i}`,
      `${i}`,
    ]);
    reply.release?.();
    reply.release?.();
  }
  // Released twice, and yet nobody shares a buffer.
  const first = await send(transport, upstream.address);
  const second = await send(transport, upstream.address);
  assertEquals([first.headers.get("x-number"), second.headers.get("x-number")], ["5", "6"]);
});

Deno.test("http1Transport gives a reply that can be spread", () =>
  withAnswer("HTTP/1.1 404 Nope\r\nX: 1\r\nContent-Length: 2\r\n\r\nno", async ({ reply }) => {
    const copy = { ...reply };
    assertEquals([copy.status, copy.reason, copy.headers.get("x")], [404, "Nope", "1"]);
    assertEquals([await textOf(copy), typeof copy.release], ["no", "function"]);
  }));

Deno.test("http1Transport hands interim responses on, but 100", async () => {
  const seen: [number, string | null][] = [];
  await withAnswer(async (connection) => {
    await connection.send(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    );
    await connection.send(
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
  }, async ({ reply, transport }) => {
    assertEquals([reply.status, await textOf(reply)], [200, "ok"]);
    assertEquals(seen, [[103, "</a>"], [102, null]]);
    assertEquals(transport.statistics().idle, 1);
  }, {
    options: {
      observer: { informed: (head) => seen.push([head.status, head.headers.get("link")]) },
    },
  });
});

Deno.test("http1Transport ends the exchange when a listener of interim responses throws", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    await connection.readToEnd();
  });
  await using transport = http1Transport();
  const options = {
    observer: {
      informed() {
        throw new ProxyError("filter_failed");
      },
    },
  };
  assertEquals(await kindOf(send(transport, upstream.address, { options })), "filter_failed");
  assertEquals(transport.statistics().open, 0);
});

Deno.test("http1Transport closes the connection of content that nobody wants", async () => {
  const left = signalOf<string>();
  await withAnswer(async (connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    left.resolve(await connection.readToEnd());
  }, async ({ reply, transport }) => {
    reply.body?.cancel(new ProxyError("client_gone"));
    assertEquals([await left.promise, transport.statistics().open], ["", 0]);
    await assertRejects(async () => await reply.body?.read(), ProxyError);
  });
});

Deno.test("http1Transport closes the connection behind a response that says so", async () => {
  for (const head of ["HTTP/1.1 200 OK\r\nConnection: x, Close", "HTTP/1.0 200 OK"]) {
    await withAnswer(`${head}\r\nContent-Length: 2\r\n\r\nok`, async ({ reply, transport }) => {
      assertEquals([await textOf(reply), transport.statistics().open], ["ok", 0]);
    });
  }
});

Deno.test("http1Transport closes the connection behind a request that says so", () =>
  withAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", async ({ reply, transport }) => {
    assertEquals([await textOf(reply), transport.statistics().open], ["ok", 0]);
  }, { headers: [["connection", "close"]] }));

Deno.test("http1Transport keeps an HTTP/1.0 connection that asks for it", () =>
  withAnswer(
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    async ({ reply, transport }) => {
      assertEquals([await textOf(reply), transport.statistics().idle], ["ok", 1]);
    },
  ));

// Tunnels (RFC 9110 §7.8, §9.3.6).

const UPGRADE = { headers: [["connection", "Upgrade"], ["upgrade", "websocket"]] } as const;
const SWITCHED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n";

async function readTunnel(tunnel: Tunnel, length: number): Promise<string> {
  let text = "";
  while (text.length < length) {
    const bytes = await tunnel.read();
    if (bytes === null) break;
    text += decode(bytes);
  }
  return text;
}

Deno.test("http1Transport gives a tunnel behind 101, with the bytes that came with it first", () =>
  withAnswer(async (connection) => {
    await connection.send(`${SWITCHED}first`);
    assertEquals(await connection.readUntil("ping"), "ping");
    await connection.send("pong");
    assertEquals(await connection.readToEnd(), "");
    await connection.send("last");
    connection.close();
  }, async ({ reply, transport }) => {
    const { tunnel } = reply;
    assert(tunnel !== undefined && reply.status === 101 && reply.body === null);
    assertEquals(reply.headers.get("upgrade"), "WebSocket");
    assertEquals(await readTunnel(tunnel, 5), "first");
    await tunnel.write(bytesOf("ping"));
    assertEquals(await readTunnel(tunnel, 4), "pong");
    // Half-closed: the other direction goes on.
    await tunnel.closeWrite();
    assertEquals(await readTunnel(tunnel, 4), "last");
    assertEquals([await tunnel.read(), transport.statistics().open], [null, 1]);
    tunnel.close();
    tunnel.close();
    assertEquals(transport.statistics().open, 0);
  }, UPGRADE));

Deno.test("http1Transport passes much through a tunnel", async () => {
  const count = 3_000_000;
  await withAnswer(async (connection) => {
    await connection.send(SWITCHED);
    await connection.send(new Uint8Array(count).fill(7));
    connection.close();
  }, async ({ reply: { tunnel } }) => {
    let received = 0;
    for (let bytes = await tunnel?.read(); bytes; bytes = await tunnel?.read()) {
      assert(bytes.every((byte) => byte === 7));
      received += bytes.byteLength;
    }
    assertEquals(received, count);
    tunnel?.close();
  }, UPGRADE);
});

Deno.test("http1Transport tells of a tunnel that is cut", () =>
  withAnswer(SWITCHED, async ({ reply: { tunnel } }) => {
    const read = tunnel?.read();
    tunnel?.close();
    await assertRejects(async () => await read, ProxyError);
    await assertRejects(async () => await tunnel?.write(bytesOf("x")));
  }, UPGRADE));

Deno.test("http1Transport gives a tunnel behind CONNECT", () =>
  withAnswer("HTTP/1.1 200 Connected\r\n\r\nhi", async ({ reply }) => {
    assert(reply.tunnel !== undefined);
    assertEquals([reply.status, await readTunnel(reply.tunnel, 2)], [200, "hi"]);
    reply.tunnel.close();
  }, { method: "CONNECT", target: "db.example:5432" }));

Deno.test("http1Transport gives an answer without a tunnel to an upgrade that was not wanted", () =>
  withAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", async ({ reply, transport }) => {
    assertEquals([reply.tunnel, await textOf(reply), transport.statistics().idle], [
      undefined,
      "ok",
      1,
    ]);
  }, UPGRADE));

for (
  const [name, headers] of [
    ["another protocol", [["connection", "upgrade"], ["upgrade", "h2c"]]],
    ["an upgrade without the connection option", [["upgrade", "websocket"]]],
    ["nothing", []],
  ] as const
) {
  Deno.test(`http1Transport refuses 101 where the request asked for ${name}`, async () => {
    await using upstream = rawServer(async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send(`${SWITCHED}first`);
      await connection.readToEnd();
    });
    await using transport = http1Transport();
    assertEquals(await kindOf(send(transport, upstream.address, { headers })), "bad_response");
    assertEquals(transport.statistics().open, 0);
  });
}

Deno.test("http1Transport closes a tunnel when its exchange is cancelled", async () => {
  const cancel = new CancelSource();
  await withAnswer(SWITCHED, async ({ reply: { tunnel }, transport }) => {
    const read = tunnel?.read();
    cancel.cancel(new ProxyError("server_stopping"));
    const error = await assertRejects(async () => await read, ProxyError);
    assertEquals([error.kind, transport.statistics().open], ["server_stopping", 0]);
  }, { ...UPGRADE, options: { cancel } });
});
