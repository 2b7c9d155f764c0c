// What the fuzz, the fault injection and reading have found once: each is a case of its own from then on.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type Body,
  bodyFrom,
  drain,
  type Handler,
  readText,
  reply,
  responseHead,
  type Tunnel,
} from "../../core/mod.ts";
import { checkServerLimits } from "../../core/http1/server/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { textOf } from "./_latin1.ts";
import { serveInMemory } from "./_memory_server.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Tells what it was asked. */
const tell: Handler = async ({ request, body }) =>
  reply(200, `<${request.target} ${body === null ? "" : await readText(body)}>`);

function answers(text: string): string[] {
  return text.match(/<[^<>]*>/g) ?? [];
}

function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

for (const size of [10, 700, 5_000, 40_000]) {
  Deno.test(`requests behind chunked content in one read of ${size} bytes and more stay whole`, async () => {
    for (const isLate of [true, false]) {
      const server = serveInMemory(tell);
      const next = `GET /next HTTP/1.1\r\nHost: a\r\nX-Fill: ${"f".repeat(size)}\r\n\r\n`;
      const pieces = [
        "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        // What comes behind this is read into another buffer than heads are.
        "3\r\nab",
        `c\r\n0\r\n\r\n${next}GET /la`,
        "st HTTP/1.1\r\nHost: a\r\n\r\n",
      ];
      for (const piece of pieces) {
        server.client.send(piece);
        if (isLate) await server.settle();
      }
      server.client.end();
      await server.ended();
      assertEquals(answers(server.received), ["</first abc>", "</next >", "</last >"]);
    }
  });
}

Deno.test("a head that comes when its 408 was sent is no request", async () => {
  for (const before of ["", GET]) {
    const server = serveInMemory(tell);
    server.client.send(before);
    await server.settle();
    server.client.send("GET /late HTTP/1.1\r\nHos");
    await server.pass(10_100);
    assertEquals(statuses(server.received).at(-1), 408);
    server.client.send(`t: a\r\n\r\n${GET}${GET}`);
    server.client.end();
    await server.ended();
    assertEquals(server.begun, before === "" ? 1 : 2, "the refusal is an exchange, nothing else");
    assertEquals(statuses(server.received), before === "" ? [408] : [200, 408]);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("a client that neither completes its head nor takes the 408 is cut", async () => {
  for (const isStalled of [true, false]) {
    const server = serveInMemory(tell);
    if (isStalled) server.client.stall();
    server.client.send("GET /late HTTP/1.1\r\nHos");
    await server.pass(45_000);
    await server.ended();
    assertEquals(server.ends.length, 1);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("a refusal is sent to its end when the server drains meanwhile", async () => {
  const server = serveInMemory(tell, { maxWrite: 1 });
  server.client.send("GET\r\n\r\n");
  for (let turn = 0; turn < 50; turn++) await null;
  assert(server.received.length > 0 && !server.received.includes("\r\n\r\n"));
  server.connection.drain();
  server.client.end();
  await server.ended();
  const [head, body] = server.received.split("\r\n\r\n");
  assertEquals(Number(/content-length: (\d+)/.exec(head)?.[1]), body.length);
});

Deno.test("interim responses are written one after the other, and before the final one", async () => {
  const server = serveInMemory((exchange) => {
    const { body } = exchange;
    exchange.inform(responseHead(103, [["link", "<a>"]]));
    void body?.read().catch(() => {});
    exchange.inform(responseHead(102));
    return reply(200, "done");
  }, { maxWrite: 1 });
  server.client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  );
  server.client.end();
  await server.ended();
  assertEquals(
    server.received.replace(/date: .*\r\n/, ""),
    "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
      "HTTP/1.1 102 Processing\r\n\r\n" +
      "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone",
  );
});

Deno.test("a client that takes no interim response is cut", async () => {
  const content = "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  for (const rest of ["\r\n", content]) {
    const server = serveInMemory(async (exchange) => {
      if (exchange.body === null) exchange.inform(responseHead(103));
      else await exchange.body.read();
      return reply(200);
    });
    server.client.stall();
    server.client.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
    await server.pass(35_000);
    await server.ended();
    assertEquals(server.ends.length, 1);
    assertEquals(server.wheel.armedCount, 0);
  }
});

/** Answers with a stream that ends when the upload does, piece for piece or at its end. */
function during(isChatty: boolean): Handler {
  return ({ body }) => {
    async function* answer(body: Body) {
      yield new Uint8Array(10);
      for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
        if (isChatty) yield new Uint8Array(10);
      }
    }
    return reply(200, bodyFrom(answer(body ?? bodyFrom(""))));
  };
}

Deno.test("an upload that stops while its answer is on its way is timed", async () => {
  for (const isChatty of [true, false]) {
    const server = serveInMemory(during(isChatty));
    server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
    await server.settle();
    server.client.send("0123456789");
    await server.pass(35_000);
    await server.ended();
    assertEquals(server.ends.map(({ error }) => error?.kind), ["body_timeout"]);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("an upload that stops is timed while others write for it", async () => {
  const server = serveInMemory(({ body }) => {
    const ended = (async () => {
      while (body !== null && await body.read() !== null);
    })();
    async function* answer() {
      for (let i = 0; i < 3; i++) yield await Promise.resolve(new Uint8Array(10));
      await ended;
    }
    return reply(200, bodyFrom(answer()));
  });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
  await server.pass(35_000);
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["body_timeout"]);
});

Deno.test("an answer that is not taken is timed while its upload goes on", async () => {
  const server = serveInMemory(({ body }) => {
    void (async () => {
      while (body !== null && await body.read() !== null);
    })().catch(() => {});
    async function* endless() {
      for (;;) yield await Promise.resolve(new Uint8Array(10_000));
    }
    return reply(200, bodyFrom(endless()));
  });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  server.client.stall();
  for (let second = 0; second < 35; second++) {
    server.client.send("x".repeat(1_000));
    await server.pass(1_000);
  }
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["client_gone"]);
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("a large reply may take its time, as long as it is taken", async () => {
  const bytes = new Uint8Array(1_000_000);
  for (const [perSecond, isWhole] of [[10_000, true], [1_000, false]] as const) {
    const server = serveInMemory(() => reply(200, bytes), { maxWrite: perSecond });
    server.client.stall();
    server.client.send(GET);
    for (let second = 0; second < 110 && !server.hasEnded; second++) {
      await server.pass(1_000);
      server.client.resume();
      server.client.stall();
    }
    assertEquals(server.received.length > 1_000_000, isWhole);
    assertEquals(server.hasEnded, !isWhole, "a trickle of less than 64 KiB in 30 s is cut");
    server.connection.close();
    await server.ended();
  }
});

Deno.test("a client that takes not even the end is cut", async () => {
  const server = serveInMemory(() => reply(200, "ok"), {
    fault: (_, call) => call === "closeWrite" ? "stall" : undefined,
  });
  server.client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await server.pass(3_000);
  await server.ended();
  assertEquals(server.wheel.armedCount, 0);
});

/** A tunnel that sends nothing and notes what it gets. */
function silentTunnel(seen: string[] = []): Tunnel {
  const { promise: closed, resolve } = Promise.withResolvers<null>();
  const decoder = new TextDecoder();
  return {
    read: () => closed,
    write: (bytes) => Promise.resolve(void seen.push(decoder.decode(bytes))),
    closeWrite: () => Promise.resolve(resolve(null)),
    close: () => resolve(null),
  };
}

function switching(tunnel = silentTunnel()) {
  return {
    ...reply(101, null, { headers: { upgrade: "x", connection: "upgrade" } }),
    tunnel,
  };
}

const UPGRADE = "Host: a\r\nConnection: upgrade\r\nUpgrade: x\r\n";

Deno.test("the head of an upgrade can be read when its tunnel ends", async () => {
  for (const fill of [0, 2_000, 20_000]) {
    const heads: (string | null)[] = [];
    const server = serveInMemory((exchange) => {
      exchange.onEnd(() => heads.push(exchange.request.headers.get("user-agent")));
      return switching();
    });
    const fields = `User-Agent: curl\r\nX: ${"f".repeat(fill)}\r\n`;
    server.client.send(`GET / HTTP/1.1\r\n${UPGRADE}${fields}\r\n`);
    await server.settle();
    server.client.send("#".repeat(60_000));
    server.client.end();
    await server.ended();
    assertEquals(heads, ["curl"]);
  }
});

Deno.test("content of an upgrade never gets into its tunnel", async () => {
  const framed = [
    "Content-Length: 5\r\n\r\nhello",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  ];
  for (const content of framed) {
    for (const [isRead, isSplit] of [[true, true], [true, false], [false, true], [false, false]]) {
      const seen: string[] = [];
      const server = serveInMemory(async ({ body }) => {
        if (isRead && body !== null) await drain(body);
        return switching(silentTunnel(seen));
      });
      const text = `POST / HTTP/1.1\r\n${UPGRADE}${content}`;
      const end = text.indexOf("\r\n\r\n") + 4;
      if (isSplit) server.client.send(text.slice(0, end));
      await server.settle();
      server.client.send(`${isSplit ? text.slice(end) : text}tunnelled`);
      server.client.end();
      await server.ended();
      assertEquals(seen.join(""), "tunnelled");
      assertEquals(statuses(server.received), [101]);
    }
  }
});

Deno.test("an upgrade whose content does not come is refused", async () => {
  for (const content of ["Content-Length: 5", "Content-Length: 5\r\nExpect: 100-continue"]) {
    const tunnel = silentTunnel();
    const server = serveInMemory(() => switching(tunnel));
    server.client.send(`POST / HTTP/1.1\r\n${UPGRADE}${content}\r\n\r\n`);
    await server.pass(35_000);
    await server.ended();
    assertMatch(server.received, /^HTTP\/1\.1 4\d\d /);
    assertEquals(await tunnel.read(), null, "the tunnel is closed");
  }
});

Deno.test("a tunnel that nobody asked for is the handler's fault", async () => {
  for (const fields of ["Host: a\r\n", "Host: a\r\nUpgrade: x\r\n"]) {
    const tunnel = silentTunnel();
    const server = serveInMemory(() => switching(tunnel));
    server.client.send(`GET / HTTP/1.1\r\n${fields}\r\n`);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500]);
    assertEquals(await tunnel.read(), null, "it is closed");
  }
});

Deno.test("a tunnel is closed when its client left before the 101", async () => {
  const tunnel = silentTunnel();
  const server = serveInMemory(() => switching(tunnel), {
    fault: (_, call) => call === "write" ? "reset" : undefined,
  });
  server.client.send(`GET / HTTP/1.1\r\n${UPGRADE}\r\n`);
  await server.ended();
  assertEquals(await tunnel.read(), null);
});

Deno.test("a reply whose status is interim is the handler's fault", async () => {
  for (const status of [100, 101, 103]) {
    const server = serveInMemory(() => reply(status));
    server.client.send(GET + GET);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500, 500]);
  }
});

Deno.test("a CONNECT that is answered without a tunnel is refused, and what follows is no request", async () => {
  for (const status of [200, 204, 299, 403]) {
    const server = serveInMemory(() => reply(status));
    server.client.send(`CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n${GET}`);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [status === 403 ? 403 : 501]);
    assertStringIncludes(server.received, "connection: close\r\n");
    assertEquals(server.begun, 1);
  }
});

Deno.test("the 2xx of a CONNECT has no framing", async () => {
  const server = serveInMemory(() => ({
    ...reply(200, null, { headers: { "content-length": "5" } }),
    tunnel: silentTunnel(),
  }));
  server.client.send(`CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n`);
  server.client.end();
  await server.ended();
  assertEquals(server.received, "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
});

/** A body that gives nothing until it is cancelled, and even then leaves its read open. */
function silentBody(): Body & { reason: unknown } {
  return {
    reason: null,
    read: () => new Promise(() => {}),
    cancel(reason) {
      this.reason ??= reason;
    },
  };
}

Deno.test("a silent event stream ends when its client has gone", async () => {
  const body = silentBody();
  const server = serveInMemory(() => ({ ...reply(200), body }));
  server.client.send(GET);
  await server.settle();
  server.client.end();
  await server.pass(1_200);
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["client_gone"]);
  assert(body.reason instanceof Error, "its source is told");
  assertEquals(server.wheel.armedCount, 0);
});

Deno.test("an exchange that is aborted cuts its reply, whatever the body does", async () => {
  const body = silentBody();
  let abort = (): void => {};
  const server = serveInMemory((exchange) => {
    abort = () => exchange.abort(new ProxyError("deadline_exceeded"));
    return { ...reply(200), body };
  });
  server.client.send(GET);
  await server.settle();
  abort();
  await server.ended();
  assertEquals(server.ends.map(({ error }) => error?.kind), ["deadline_exceeded"]);
  assert(body.reason instanceof ProxyError);
});

Deno.test("the page of an exchange that was aborted before is sent", async () => {
  const server = serveInMemory((exchange) => {
    const error = new ProxyError("deadline_exceeded");
    exchange.abort(error);
    throw error;
  });
  server.client.send(GET + GET);
  server.client.end();
  await server.ended();
  assertEquals(statuses(server.received), [504, 504]);
});

Deno.test("hooks that throw are answered with 500, and leave nothing open", async () => {
  const thrower = (): never => {
    throw new Error("a hook's fault");
  };
  for (const hooks of [{ onReply: thrower }, { onExchange: thrower }]) {
    const body = silentBody();
    let released = 0;
    const release = (): void => void released++;
    const server = serveInMemory(() => ({ ...reply(200), body, release }), { hooks });
    server.client.send(GET + GET);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500, 500]);
    assertEquals(server.ends.length, 2);
    const isAnswered = "onReply" in hooks;
    assertEquals([body.reason instanceof Error, released], isAnswered ? [true, 2] : [false, 0]);
  }
});

Deno.test("a refusal ends its exchange even when its hooks throw", async () => {
  const thrower = (): never => {
    throw new Error("a hook's fault");
  };
  for (const hooks of [{ onReply: thrower }, { onExchange: thrower }, { errorReply: thrower }]) {
    const server = serveInMemory(tell, { hooks });
    server.client.send("GET\r\n\r\n");
    await server.ended();
    assertEquals(server.ends.map(({ status }) => status), [400]);
    assertEquals(server.wheel.armedCount, 0);
  }
});

Deno.test("a handler that reads on behind its reply takes nothing of the next request", async () => {
  for (const framing of ["Content-Length: 10", "Transfer-Encoding: chunked"]) {
    const late: Promise<unknown>[] = [];
    const server = serveInMemory(({ request, body }) => {
      if (body !== null) {
        const readLater = async () => {
          for (let turn = 0; turn < 100; turn++) await null;
          await body.read();
        };
        late.push(assertRejects(readLater, ProxyError, "its exchange has ended"));
      }
      return reply(200, `<${request.target}>`);
    });
    const isChunked = framing.startsWith("T");
    server.client.send(
      `POST /1 HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${isChunked ? "a\r\n" : ""}`,
    );
    await server.settle();
    server.client.send(
      `0123456789${isChunked ? "\r\n0\r\n\r\n" : ""}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    await server.settle();
    server.client.end();
    await Promise.all(late);
    await server.ended();
    assertEquals([late.length, answers(server.received)], [1, ["</1>", "</2>"]]);
  }
});

Deno.test("content is read by one reader at a time", async () => {
  const server = serveInMemory(async ({ body }) => {
    if (body === null) return reply(400);
    const first = body.read();
    await assertRejects(() => body.read(), TypeError, "a read waits already");
    const chunk = await first;
    return reply(200, chunk === null ? "" : `<${textOf(chunk)}>`);
  });
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  await server.settle();
  server.client.send("hello");
  server.client.end();
  await server.ended();
  assertEquals(answers(server.received), ["<hello>"]);
});

Deno.test("a chunk that a handler holds is not written over behind its reply", async () => {
  const held: Uint8Array[] = [];
  const server = serveInMemory(async ({ request, body }) => {
    const chunk = await body?.read();
    if (chunk instanceof Uint8Array) held.push(chunk);
    return reply(200, `<${request.target}>`);
  });
  for (const framing of ["Content-Length: 9", "Transfer-Encoding: chunked"]) {
    const isChunked = framing.startsWith("T");
    server.client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    await server.settle();
    server.client.send(isChunked ? "3\r\nabc\r\n6\r\nd" : "abc");
    await server.settle();
    server.client.send(isChunked ? "efghi\r\n0\r\n\r\n" : "defghi");
    await server.settle();
  }
  // The next content takes a buffer that was given back.
  server.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n");
  await server.settle();
  server.client.send("#".repeat(30));
  server.client.end();
  await server.ended();
  assertEquals(answers(server.received), ["</>", "</>", "</>"]);
  assertEquals(held.map(textOf), ["abc", "abc", "#".repeat(30)]);
});

Deno.test("limits that no connection could be made with are refused at once", () => {
  for (const limits of [{ maxHeadBytes: 0 }, { maxFields: -1 }, { maxTargetBytes: NaN }]) {
    assertThrows(() => checkServerLimits(limits), RangeError);
  }
});

Deno.test("content whose head was pipelined is not lost in the read that was parked before it", async () => {
  const contents = [["Content-Length: 3", "abc"], [
    "Transfer-Encoding: chunked",
    "3\r\nabc\r\n0\r\n\r\n",
  ]];
  for (const [framing, content] of contents) {
    const server = serveInMemory(tell);
    server.client.send(`${GET}POST /2 HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    server.client.send(`${content}GET /3 HTTP/1.1\r\nHost: a\r\n\r\n`);
    server.client.end();
    await server.ended();
    assertEquals(answers(server.received), ["</ >", "</2 abc>", "</3 >"]);
  }
});

Deno.test("the answer to a HEAD tells no length that is none", async () => {
  for (const [method, status] of [["HEAD", 200], ["GET", 304]] as const) {
    const server = serveInMemory(() =>
      reply(status, null, { headers: { "content-length": "5, 5" } })
    );
    server.client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [status]);
    assert(!server.received.includes("content-length"));
  }
});

Deno.test("a handler hears when its client was cut for taking no interim response", async () => {
  let heard: unknown = null;
  const server = serveInMemory(async (exchange) => {
    exchange.inform(responseHead(103));
    await new Promise<void>((resolve) =>
      exchange.cancel.onCancel((reason) => {
        heard = reason;
        resolve();
      })
    );
    return reply(200);
  });
  server.client.stall();
  server.client.send(GET);
  await server.pass(35_000);
  await server.ended();
  assert(heard instanceof ProxyError && heard.kind === "client_gone");
  assertEquals(server.ends.map(({ status }) => status), [499]);
});

Deno.test("what is not interim is not sent as such", async () => {
  for (const status of [101, 200, 404]) {
    const server = serveInMemory((exchange) => {
      exchange.inform(responseHead(status));
      return reply(200);
    });
    server.client.send(GET);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500]);
  }
});
