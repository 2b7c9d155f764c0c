import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { ProxyError } from "../../../errors/mod.ts";
import {
  bodyFrom,
  drain,
  type ExchangeEnd,
  HeaderList,
  readText,
  type Reply,
  reply,
} from "../../../core/http/mod.ts";
import { ScriptedBody } from "./_bodies.ts";
import { Served } from "./_served.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const HEAD = GET.replace("GET", "HEAD");
/** The same on a connection that is kept. */
const kept = (request: string): string => request.replace("Connection: close\r\n", "");

/** What matters of an end. */
function brief({ status, error, sentBytes }: ExchangeEnd): [number, string | undefined, number] {
  return [status, error?.kind, sentBytes];
}

/** The content of a chunked response, whose last chunk has to be there (RFC 9112 §7.1). */
function dechunk(answer: string): string {
  assertStringIncludes(answer, "\r\ntransfer-encoding: chunked\r\n");
  assert(answer.endsWith("\r\n0\r\n\r\n"), answer);
  const chunks = answer.slice(answer.indexOf("\r\n\r\n") + 4, -5);
  return chunks.replaceAll(/[0-9a-f]+\r\n([^\r]*)\r\n/g, "$1");
}

// Success.

Deno.test("toFetch() ends an exchange when its bytes were sent", async () => {
  await using served = new Served(() => reply(200, "hello"));
  const answer = await served.raw(GET);
  assertStringIncludes(answer, "\r\ncontent-length: 5\r\n");
  assert(answer.endsWith("\r\n\r\nhello"));
  assertEquals(brief(await served.end()), [200, undefined, 5]);
});

Deno.test("toFetch() ends an exchange when its stream was sent, and counts it", async () => {
  await using served = new Served(() => reply(200, new ScriptedBody({ chunks: ["one", "three"] })));
  const answer = await served.raw(GET);
  // Deno may join pieces that wait.
  assertEquals(dechunk(answer), "onethree");
  assertEquals(brief(await served.end()), [200, undefined, 8]);
});

Deno.test("toFetch() sends the length that a body knows", async () => {
  await using served = new Served(() =>
    reply(200, new ScriptedBody({ chunks: ["one", "two"], length: 6 }))
  );
  const answer = await served.raw(GET);
  assertStringIncludes(answer, "\r\ncontent-length: 6\r\n");
  assert(answer.endsWith("\r\n\r\nonetwo"));
  assertEquals(brief(await served.end()), [200, undefined, 6]);
});

Deno.test("toFetch() corrects a Content-Length that is not the body's", async () => {
  const headers = { "content-length": "99" };
  for (
    const body of ["hello", bodyFrom("hello"), new ScriptedBody({ chunks: ["hello"], length: 5 })]
  ) {
    await using served = new Served(() => reply(200, body, { headers }));
    const answer = await served.raw(GET);
    assertStringIncludes(answer, "\r\ncontent-length: 5\r\n");
    assert(answer.endsWith("\r\n\r\nhello"));
  }
});

Deno.test("toFetch() sends a reply without content", async () => {
  await using served = new Served(() => reply(404, null, { headers: { "content-length": "9" } }));
  assertStringIncludes(await served.raw(GET), "\r\ncontent-length: 0\r\n");
  assertEquals(brief(await served.end()), [404, undefined, 0]);
});

Deno.test("toFetch() takes a web Response from the handler", async () => {
  await using served = new Served(() => new Response("hi", { status: 201 }));
  assert((await served.raw(GET)).startsWith("HTTP/1.1 201 Created\r\n"));
  assertEquals(brief(await served.end()), [201, undefined, 2]);
});

Deno.test("toFetch() keeps every Set-Cookie apart", async () => {
  const headers = { "set-cookie": ["a=1", "b=2"] };
  await using served = new Served(() => reply(200, "x", { headers }));
  assertStringIncludes(await served.raw(GET), "set-cookie: a=1\r\nset-cookie: b=2\r\n");
});

Deno.test("toFetch() counts the content that it receives", async () => {
  await using served = new Served(async ({ body }) => reply(200, body && await readText(body)));
  const answer = await served.raw(
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
  );
  assert(answer.endsWith("hello"));
  assertEquals((await served.end()).receivedBytes, 5);
});

Deno.test("toFetch() releases the buffers of a reply when the exchange has ended", async () => {
  const order: string[] = [];
  await using served = new Served((exchange) => {
    exchange.onEnd(() => order.push("end"));
    return { ...reply(200, "x"), release: () => void order.push("release") };
  });
  await served.raw(GET);
  await served.end();
  assertEquals(order, ["end", "release"]);
});

// No content whatever the fields say.

for (
  const [status, sent, request] of [
    [204, 204, GET],
    [205, 204, GET],
    [304, 304, GET],
    [200, 200, HEAD],
    [404, 404, HEAD],
  ] as const
) {
  const title = `${request.slice(0, 4).trim()} with ${status}`;
  Deno.test(`toFetch() cancels the content of a ${title} and keeps the connection`, async () => {
    const body = new ScriptedBody({ chunks: ["never sent"], length: 10 });
    await using served = new Served(() => reply(status, body));
    using client = await served.connect();
    for (let i = 0; i < 2; i++) {
      await client.send(kept(request));
      const answer = await client.readUntil("\r\n\r\n");
      assertStringIncludes(answer, `HTTP/1.1 ${sent} `);
      assertEquals(answer.includes("content-length: 10"), request === HEAD);
      assertEquals(brief(await served.end(i)), [sent, undefined, 0]);
    }
    assertEquals([body.reads, body.cancels.length], [0, 2]);
    client.close();
  });
}

Deno.test("toFetch() says no length for a HEAD when nobody knows it", async () => {
  await using served = new Served(() => reply(200, new ScriptedBody()));
  assertFalse((await served.raw(HEAD)).includes("content-length"));
  assertEquals(brief(await served.end()), [200, undefined, 0]);
});

Deno.test("toFetch() keeps the Content-Length of a HEAD that has no body", async () => {
  const headers = { "content-length": "123" };
  await using served = new Served(() => reply(200, null, { headers }));
  assertStringIncludes(await served.raw(HEAD), "\r\ncontent-length: 123\r\n");
});

// The client leaves.

Deno.test("toFetch() tells the handler when the client leaves before the head", async () => {
  const entered = Promise.withResolvers<void>();
  const late = new ScriptedBody();
  await using served = new Served(async ({ signal, cancel }) => {
    entered.resolve();
    await new Promise<void>((resolve) => cancel.onCancel(() => resolve()));
    assert(signal.aborted);
    return reply(200, late);
  });
  const client = await served.connect();
  await client.send(kept(GET));
  await entered.promise;
  client.close();
  assertEquals(brief(await served.end()), [499, "client_gone", 0]);
  assertEquals(late.cancels.length, 1);
});

Deno.test("toFetch() ends an exchange once when its handler fails because the client left", async () => {
  const entered = Promise.withResolvers<void>();
  await using served = new Served(async ({ cancel }) => {
    entered.resolve();
    await new Promise<void>((_, reject) => cancel.onCancel(reject));
    return reply(200);
  });
  const client = await served.connect();
  await client.send(kept(GET));
  await entered.promise;
  client.close();
  assertEquals(brief(await served.end()), [499, "client_gone", 0]);
});

for (const length of [undefined, 1000]) {
  Deno.test(`toFetch() cancels a body that waits when the client leaves (length ${length})`, async () => {
    const body = new ScriptedBody({ chunks: ["hello"], length, then: "wait" });
    await using served = new Served(() => reply(200, body));
    const client = await served.connect();
    await client.send(kept(GET));
    await client.readUntil("hello");
    await body.drained;
    client.close();
    const end = await served.end();
    assertEquals(brief(end), [200, "client_gone", 5]);
    assertEquals(body.cancels, [end.error]);
    assert(served.exchanges[0].cancel.cancelled);
  });
}

Deno.test("toFetch() hears of a client that leaves in the middle of an upload", async () => {
  const entered = Promise.withResolvers<void>();
  await using served = new Served(async ({ body }) => {
    assert(body !== null);
    entered.resolve();
    return reply(200, String(await drain(body)));
  });
  const client = await served.connect();
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  await entered.promise;
  client.close();
  const { error, receivedBytes } = await served.end();
  assert(error?.kind === "client_gone" || error?.kind === "client_body_broken", String(error));
  assert(receivedBytes <= 5);
});

// The content breaks off: a client must not take a part for the whole.

const broken = new ProxyError("upstream_body_timeout", "Cannot read: nothing came");

for (
  const [name, then, kind] of [
    ["an error", new Error("broken"), "upstream_body_broken"],
    ["a ProxyError", broken, "upstream_body_timeout"],
  ] as const
) {
  Deno.test(`toFetch() cuts a chunked response whose body fails with ${name}`, async () => {
    await using served = new Served(() =>
      reply(200, new ScriptedBody({ chunks: ["hello"], then }))
    );
    using client = await served.connect();
    await client.send(kept(GET));
    const answer = await client.readToEnd();
    assert(answer.endsWith("\r\n\r\n5\r\nhello\r\n"), answer);
    assertEquals(brief(await served.end()), [200, kind, 5]);
  });

  Deno.test(`toFetch() cuts a response with a length whose body fails with ${name}`, async () => {
    const body = new ScriptedBody({ chunks: ["hello"], length: 50, then });
    await using served = new Served(() => reply(200, body));
    using client = await served.connect();
    await client.send(kept(GET));
    const answer = await client.readToEnd();
    assertStringIncludes(answer, "\r\ncontent-length: 50\r\n");
    assert(answer.endsWith("\r\n\r\nhello"), answer);
    assertEquals(brief(await served.end()), [200, kind, 5]);
  });
}

for (
  const [name, chunks] of [["shorter", ["hello"]], ["longer", ["hello", "too much"]]] as const
) {
  Deno.test(`toFetch() cuts a response whose body is ${name} than Content-Length says`, async () => {
    const body = new ScriptedBody({ chunks });
    const headers = { "content-length": "10" };
    await using served = new Served(() => reply(200, body, { headers }));
    using client = await served.connect();
    await client.send(kept(GET));
    const answer = await client.readToEnd();
    assertStringIncludes(answer, "\r\ncontent-length: 10\r\n");
    assertEquals((await served.end()).error?.kind, "upstream_body_broken");
    assertEquals(body.cancels.length, 1);
  });
}

Deno.test("toFetch() cuts a response when its exchange is aborted, also while its body waits", async () => {
  const body = new ScriptedBody({ chunks: ["hello"], then: "wait" });
  await using served = new Served(() => reply(200, body));
  using client = await served.connect();
  await client.send(kept(GET));
  await client.readUntil("hello");
  await body.drained;
  const reason = new ProxyError("deadline_exceeded");
  served.exchanges[0].abort(reason);
  assertEquals(await client.readToEnd(), "\r\n");
  assertEquals(brief(await served.end()), [200, "deadline_exceeded", 5]);
  assertEquals(body.cancels, [reason]);
});

Deno.test("toFetch() sends the error page of an exchange that was aborted before the head", async () => {
  const reason = new ProxyError("deadline_exceeded");
  await using served = new Served((exchange) => {
    exchange.abort(reason);
    throw exchange.cancel.reason;
  });
  const answer = await served.raw(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: text/plain\r\n\r\n",
  );
  assertStringIncludes(answer, "HTTP/1.1 504 ");
  assertStringIncludes(answer, "The answer took too long");
  const { status, error, sentBytes } = await served.end();
  assertEquals([status, error?.kind], [504, "deadline_exceeded"]);
  assert(sentBytes > 0);
});

// Failures.

for (
  const [name, error, status, kind] of [
    ["an error", new Error("secret"), 500, "internal"],
    ["a ProxyError", new ProxyError("no_upstream", "secret"), 503, "no_upstream"],
    ["something that is no error", "secret", 500, "internal"],
  ] as const
) {
  for (const isLate of [false, true]) {
    Deno.test(`toFetch() answers ${status} when the handler throws ${name}${isLate ? ", late" : ""}`, async () => {
      await using served = new Served(async () => {
        if (isLate) await Promise.resolve();
        throw error;
      });
      const answer = await served.raw(GET);
      assertStringIncludes(answer, `HTTP/1.1 ${status} `);
      assertFalse(answer.includes("secret"));
      const end = await served.end();
      assertEquals([end.status, end.error?.kind], [status, kind]);
      assertEquals(end.sentBytes, answer.length - answer.indexOf("\r\n\r\n") - 4);
    });
  }
}

Deno.test("toFetch() lets onError write the response", async () => {
  const seen: string[] = [];
  await using served = new Served(() => {
    throw new ProxyError("rate_limited");
  }, {
    onError: (error, exchange) => {
      seen.push(error.kind, exchange.request.target);
      return reply(418, "own page");
    },
  });
  assertStringIncludes(await served.raw(GET), "HTTP/1.1 418 ");
  assertEquals(seen, ["rate_limited", "/"]);
  assertEquals(brief(await served.end()), [418, "rate_limited", 8]);
});

Deno.test("toFetch() lets onReply change the head of every reply", async () => {
  await using served = new Served(({ path }) => {
    if (path === "/bad") throw new Error("x");
    return reply(200);
  }, { onReply: (reply, exchange) => reply.headers.set("x-path", exchange.path ?? "") });
  assertStringIncludes(await served.raw(GET), "x-path: /\r\n");
  assertStringIncludes(await served.raw(GET.replace("/", "/bad")), "x-path: /bad\r\n");
});

for (const hook of ["onExchange", "onReply", "onError"] as const) {
  Deno.test(`toFetch() answers 500 and ends the exchange when ${hook} throws`, async () => {
    const body = new ScriptedBody({ chunks: ["hello"] });
    await using served = new Served(() => {
      if (hook === "onError") throw new ProxyError("no_upstream");
      return reply(200, body);
    }, {
      [hook]: () => {
        throw new Error("hook");
      },
    });
    assertStringIncludes(await served.raw(GET), "HTTP/1.1 500 ");
    assertEquals((await served.end()).status, 500);
    assertEquals(body.cancels.length, hook === "onReply" ? 1 : 0);
  });
}

const inexpressible: readonly (readonly [name: string, change: Partial<Reply>])[] = [
  ["status 101", { status: 101 }],
  ["status 103", { status: 103 }],
  ["status 600", { status: 600 }],
  ["a line break in the reason", { reason: "OK\r\nx: y" }],
];

for (const [name, change] of inexpressible) {
  Deno.test(`toFetch() answers 500 for a reply with ${name}`, async () => {
    const body = new ScriptedBody({ chunks: ["hello"] });
    await using served = new Served(() => ({ ...reply(200, body), ...change }));
    assertStringIncludes(await served.raw(GET), "HTTP/1.1 500 ");
    const end = await served.end();
    assertEquals([end.status, end.error?.kind], [500, "internal"]);
    assertEquals([body.reads, body.cancels.length], [0, 1]);
  });
}

Deno.test("toFetch() tells onListenerError what a listener of an end throws, and goes on", async () => {
  const thrown: unknown[] = [];
  const failure = new Error("listener");
  await using served = new Served((exchange) => {
    exchange.onEnd(() => {
      throw failure;
    });
    return reply(200);
  }, { onListenerError: (error) => thrown.push(error) });
  await served.raw(GET);
  assertEquals(brief(await served.end()), [200, undefined, 0]);
  assertEquals(thrown, [failure]);
});

Deno.test("toFetch() tells who the client is", async () => {
  await using served = new Served(() => reply(200));
  using client = await served.connect();
  await client.send(kept(GET));
  await client.readUntil("\r\n\r\n");
  const local = client.conn.localAddr;
  assert(local.transport === "tcp");
  assertEquals(served.exchanges[0].client, {
    address: "127.0.0.1",
    port: local.port,
    transport: "tcp",
    scheme: "http",
  });
  client.close();
});

Deno.test("toFetch() keeps header fields that only the wire can hold out of the web's way", async () => {
  // Deno writes the framing; a field of the reply must not.
  const headers = new HeaderList({ "transfer-encoding": "chunked", "x-a": "1" });
  await using served = new Served(() => reply(200, "hello", { headers }));
  const answer = await served.raw(GET);
  assertFalse(answer.includes("transfer-encoding"));
  assertStringIncludes(answer, "x-a: 1\r\n");
});
