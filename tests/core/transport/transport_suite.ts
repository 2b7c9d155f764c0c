import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type Body,
  bodyFrom,
  CancelSource,
  peer,
  readAll,
  readText,
  requestHead,
  type RequestHeadInit,
  type Transport,
  type TransportOptions,
} from "../../../core/mod.ts";
import { type ErrorKind, ProxyError } from "../../../errors/mod.ts";
import { type RawConnection, rawServer, signalOf } from "../../support/raw.ts";

/** What {@linkcode transportSuite} is told of a transport. */
export interface TransportSuiteOptions {
  /** Cases that the transport is known to lose, by name. */
  loses?: readonly string[];
}

interface Tools {
  /** Sends one request to the upstream of the case. */
  send(
    init?: RequestHeadInit,
    body?: Body | null,
    options?: Partial<TransportOptions>,
  ): ReturnType<Transport["exchange"]>;
}

interface Case {
  name: string;
  upstream: (connection: RawConnection, number: number) => Promise<void>;
  run: (tools: Tools) => Promise<void>;
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function kindOf(promise: Promise<unknown>): Promise<ErrorKind> {
  return (await assertRejects(() => promise, ProxyError)).kind;
}

/** Answers every request without content on a connection. */
async function answering(connection: RawConnection, answer = OK): Promise<void> {
  for (;;) {
    await connection.readUntil("\r\n\r\n");
    await connection.send(answer);
  }
}

function cases(): Case[] {
  const heads: string[] = [];
  const left = signalOf<string>();
  const leftLater = signalOf<string>();
  const arrived = signalOf();
  const chunkedSent = signalOf<string>();
  let posts = 0;
  return [
    {
      name: "an answer with Content-Length",
      upstream: (connection) => answering(connection),
      async run({ send }) {
        const reply = await send();
        assertEquals([reply.status, reply.body?.length], [200, 2]);
        assertEquals(reply.body && await readText(reply.body), "ok");
      },
    },
    {
      name: "a chunked answer",
      upstream: (connection) =>
        answering(
          connection,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
        ),
      async run({ send }) {
        const reply = await send();
        assertEquals(reply.body && await readText(reply.body), "abcd");
      },
    },
    {
      name: "an answer that ends with its connection",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
      },
      async run({ send }) {
        const reply = await send();
        assertEquals(reply.body && await readText(reply.body), "all of it");
      },
    },
    {
      name: "the request line and the fields as they are",
      async upstream(connection) {
        heads.push(await connection.readUntil("\r\n\r\n"));
        await connection.send(OK);
      },
      async run({ send }) {
        const reply = await send({
          method: "PATCH",
          target: "/a%2Fb//c?x=%20&y=1+2",
          authority: "example.com:81",
          headers: [["x-two", "1"], ["accept-encoding", "br"], ["x-two", "2"]],
        });
        await readAll(reply.body ?? bodyFrom(""));
        assertMatch(heads[0], /^PATCH \/a%2Fb\/\/c\?x=%20&y=1\+2 HTTP\/1\.1\r\n/);
        assertMatch(heads[0], /\r\nhost: example\.com:81\r\n/i);
        assertMatch(heads[0], /\r\nx-two: 1\r\n(?:.*\r\n)*?x-two: 2\r\n/i);
        assertMatch(heads[0], /\r\naccept-encoding: br\r\n/i);
      },
    },
    {
      name: "a path with dot segments, quotes and a backslash",
      async upstream(connection) {
        heads.push(await connection.readUntil("\r\n\r\n"));
        await connection.send(OK);
      },
      async run({ send }) {
        const reply = await send({ target: '/a/../b\\c?"x"^`' });
        await readAll(reply.body ?? bodyFrom(""));
        assertEquals(heads[heads.length - 1].split("\r\n")[0], 'GET /a/../b\\c?"x"^` HTTP/1.1');
      },
    },
    {
      name: "a target with bytes that are no ASCII",
      async upstream(connection) {
        heads.push(await connection.readUntil("\r\n\r\n"));
        await connection.send(OK);
      },
      async run({ send }) {
        const reply = await send({ target: "/caf\xc3\xa9" });
        await readAll(reply.body ?? bodyFrom(""));
        assertMatch(heads[heads.length - 1], /^GET \/caf(?:\xc3\xa9|%C3%A9) HTTP\/1\.1\r\n/);
      },
    },
    {
      name: "no field that nobody asked for",
      async upstream(connection) {
        heads.push(await connection.readUntil("\r\n\r\n"));
        await connection.send(OK);
      },
      async run({ send }) {
        const reply = await send({ authority: "a" });
        await readAll(reply.body ?? bodyFrom(""));
        assertEquals(heads[heads.length - 1].toLowerCase(), "get / http/1.1\r\nhost: a\r\n\r\n");
      },
    },
    {
      name: "GET with content",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\nabc");
        await connection.send(OK);
      },
      async run({ send }) {
        const reply = await send({ headers: [["content-length", "3"]] }, bodyFrom("abc"));
        assertEquals(reply.body && await readText(reply.body), "ok");
      },
    },
    {
      name: "encoded content as it came",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send(
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nraw!",
        );
      },
      async run({ send }) {
        const reply = await send({ headers: [["accept-encoding", "gzip"]] });
        assertEquals(reply.headers.get("content-encoding"), "gzip");
        assertEquals(reply.body && await readText(reply.body), "raw!");
      },
    },
    {
      name: "HEAD, whose Content-Length tells of no content",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      },
      async run({ send }) {
        const reply = await send({ method: "HEAD" });
        assertEquals([reply.headers.get("content-length"), reply.body], ["1000", null]);
      },
    },
    ...[204, 304].map((status): Case => ({
      name: `${status} has no content`,
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send(`HTTP/1.1 ${status} X\r\nETag: "a"\r\n\r\n`);
      },
      async run({ send }) {
        const reply = await send();
        assertEquals([reply.status, reply.headers.get("etag")], [status, '"a"']);
        assertEquals(reply.body && await readText(reply.body), null);
      },
    })),
    {
      name: "a redirect is an answer like others",
      upstream: (connection) =>
        answering(connection, "HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"),
      async run({ send }) {
        const reply = await send();
        await readAll(reply.body ?? bodyFrom(""));
        assertEquals([reply.status, reply.headers.get("location")], [302, "/x"]);
      },
    },
    {
      name: "an upload with a known length",
      async upstream(connection) {
        heads.push(await connection.readUntil("\r\n\r\nhello"));
        await connection.send(OK);
      },
      async run({ send }) {
        const stream = new Blob(["hello"]).stream();
        const reply = await send(
          { method: "POST", headers: [["content-length", "5"]] },
          bodyFrom(stream, { length: 5 }),
        );
        await readAll(reply.body ?? bodyFrom(""));
        const head = heads[heads.length - 1].toLowerCase();
        assertMatch(head, /\r\ncontent-length: 5\r\n/);
        assertEquals(head.includes("transfer-encoding"), false);
      },
    },
    {
      name: "a long upload with a known length",
      async upstream(connection) {
        heads.push(await connection.readUntil("\r\n\r\n"));
        await connection.readBytes(200_000);
        await connection.send(OK);
      },
      async run({ send }) {
        const stream = new Blob([new Uint8Array(200_000)]).stream();
        const reply = await send(
          { method: "POST", headers: [["content-length", "200000"]] },
          bodyFrom(stream, { length: 200_000 }),
        );
        await readAll(reply.body ?? bodyFrom(""));
        assertMatch(heads[heads.length - 1], /\r\ncontent-length: 200000\r\n/i);
      },
    },
    {
      name: "an upload of unknown length, chunked",
      async upstream(connection) {
        chunkedSent.resolve(await connection.readUntil("\r\n0\r\n\r\n"));
        await connection.send(OK);
      },
      async run({ send }) {
        const reply = await send({ method: "POST" }, bodyFrom(new Blob(["hello"]).stream()));
        await readAll(reply.body ?? bodyFrom(""));
        assertMatch(await chunkedSent.promise, /\r\ntransfer-encoding: chunked\r\n[^]*5\r\nhello/i);
      },
    },
    {
      name: "an answer before the upload has ended",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send("HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        await connection.readToEnd();
      },
      async run({ send }) {
        const { promise, resolve } = signalOf();
        async function* endless() {
          yield new Uint8Array(1000);
          await promise;
        }
        const reply = await send({ method: "POST" }, bodyFrom(endless()));
        assertEquals([reply.status, reply.body && await readText(reply.body)], [413, "no"]);
        resolve();
      },
    },
    {
      name: "cancelled before the head: the connection is given up",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        arrived.resolve();
        left.resolve(await connection.readToEnd());
      },
      async run({ send }) {
        const cancel = new CancelSource();
        const answer = send({}, null, { cancel });
        await arrived.promise;
        cancel.cancel(new ProxyError("client_gone"));
        assertEquals(await kindOf(answer), "client_gone");
        assertEquals(await left.promise, "");
      },
    },
    {
      name: "cancelled in the middle of the content: the connection is given up",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        leftLater.resolve(await connection.readToEnd());
      },
      async run({ send }) {
        const reply = await send();
        await reply.body?.read();
        reply.body?.cancel();
        assertEquals(await leftLater.promise, "");
      },
    },
    {
      name: "cancelled from the start: nothing is sent",
      upstream: (connection) => answering(connection),
      async run({ send }) {
        const cancel = new CancelSource();
        cancel.cancel(new ProxyError("deadline_exceeded"));
        assertEquals(await kindOf(send({}, null, { cancel })), "deadline_exceeded");
      },
    },
    {
      name: "closed before a head: connection_reset",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
      },
      run: async ({ send }) => assertEquals(await kindOf(send()), "connection_reset"),
    },
    {
      name: "no HTTP: bad_response",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send("220 mail.example ESMTP\r\n\r\n");
      },
      run: async ({ send }) => assertEquals(await kindOf(send()), "bad_response"),
    },
    {
      name: "no head in time: upstream_timeout",
      async upstream(connection) {
        await connection.readToEnd();
      },
      run: async ({ send }) =>
        assertEquals(await kindOf(send({}, null, { headTimeoutMs: 100 })), "upstream_timeout"),
    },
    {
      name: "content that stalls: upstream_body_timeout",
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
        await connection.readToEnd();
      },
      async run({ send }) {
        const { body } = await send({}, null, { bodyTimeoutMs: 100 });
        assertEquals(await kindOf(readAll(body ?? bodyFrom(""))), "upstream_body_timeout");
      },
    },
    ...[
      ["Content-Length", "Content-Length: 9\r\n\r\nabc"],
      ["chunked", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
      ["a chunk", "Transfer-Encoding: chunked\r\n\r\n9\r\nabc"],
    ].map(([name, rest]): Case => ({
      name: `content that breaks off in ${name}: upstream_body_broken`,
      async upstream(connection) {
        await connection.readUntil("\r\n\r\n");
        await connection.send(`HTTP/1.1 200 OK\r\n${rest}`);
      },
      async run({ send }) {
        const { body } = await send();
        assertEquals(await kindOf(readAll(body ?? bodyFrom(""))), "upstream_body_broken");
      },
    })),
    {
      name: "an upload that breaks off: its own error",
      async upstream(connection) {
        await connection.readToEnd();
      },
      async run({ send }) {
        async function* breaking() {
          yield await Promise.resolve(new Uint8Array(3));
          throw new ProxyError("client_body_broken");
        }
        const answer = send({ method: "POST" }, bodyFrom(breaking()));
        assertEquals(await kindOf(answer), "client_body_broken");
      },
    },
    {
      name: "connections are used again",
      async upstream(connection, number) {
        for (;;) {
          await connection.readUntil("\r\n\r\n");
          await connection.send(
            `HTTP/1.1 200 OK\r\nX-Number: ${number}\r\nContent-Length: 0\r\n\r\n`,
          );
        }
      },
      async run({ send }) {
        for (let i = 0; i < 3; i++) {
          const reply = await send();
          if (reply.body !== null) await readAll(reply.body);
          assertEquals(reply.headers.get("x-number"), "0");
        }
      },
    },
    {
      name: "a POST never arrives twice",
      async upstream(connection) {
        for (let i = 0; i < 2; i++) {
          const head = await connection.readUntil("\r\n\r\n");
          if (head.startsWith("POST")) {
            posts++;
            return;
          }
          await connection.send(OK);
        }
      },
      async run({ send }) {
        const first = await send();
        assertEquals(first.body && await readText(first.body), "ok");
        const answer = send(
          { method: "POST", headers: [["content-length", "3"]] },
          bodyFrom("abc"),
        );
        assertEquals(await kindOf(answer), "connection_reset");
        assertEquals(posts, 1);
      },
    },
  ];
}

/** The behaviour that every transport over sockets has in common, on real ones. */
export function transportSuite(
  name: string,
  make: () => Transport,
  options: TransportSuiteOptions = {},
): void {
  const { loses = [] } = options;
  for (const one of cases()) {
    Deno.test({
      name: `${name}: ${one.name}`,
      ignore: loses.includes(one.name),
      async fn() {
        await using upstream = rawServer(one.upstream);
        await using transport = make();
        await one.run({
          send: (init, body = null, more) =>
            transport.exchange(requestHead({ authority: "a", ...init }), body, {
              peer: peer(upstream.address),
              cancel: new CancelSource(),
              ...more,
            }),
        });
      },
    });
  }

  Deno.test(`${name}: nobody listens: connect_refused`, async () => {
    const gone = rawServer(() => Promise.resolve());
    await gone[Symbol.asyncDispose]();
    await using transport = make();
    const answer = transport.exchange(requestHead({ authority: "a" }), null, {
      peer: peer(gone.address),
      cancel: new CancelSource(),
    });
    assertEquals(await kindOf(answer), "connect_refused");
  });

  Deno.test(`${name}: a name that does not exist: dns_failed`, async () => {
    await using transport = make();
    const answer = transport.exchange(requestHead({ authority: "a" }), null, {
      peer: peer("does-not-exist.invalid:80"),
      cancel: new CancelSource(),
    });
    assertEquals(await kindOf(answer), "dns_failed");
  });

  Deno.test(`${name}: a unix socket`, async () => {
    const path = await Deno.makeTempFile();
    await Deno.remove(path);
    const server = Deno.serve({ path, onListen() {} }, ({ url }) => new Response(`by unix ${url}`));
    try {
      await using transport = make();
      const reply = await transport.exchange(requestHead({ authority: "a" }), null, {
        peer: peer(`unix:${path}`),
        cancel: new CancelSource(),
      });
      assertMatch(reply.body ? await readText(reply.body) : "", /^by unix http(?:\+unix)?:\/\/a\//);
    } finally {
      await server.shutdown();
      await Deno.remove(path).catch(() => {});
    }
  });
}
