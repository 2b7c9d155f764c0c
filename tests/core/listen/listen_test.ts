import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Exchange,
  type ExchangeEnd,
  fromFetch,
  type Handler,
  listen as listenOn,
  type Listener,
  ListenError,
  type ListenOptions,
  reply,
} from "../../../core/mod.ts";
import { needs } from "../../support/needs.ts";
import { otherKey, testTls } from "./_certificate.ts";
import { RawClient } from "./_raw_client.ts";
import { run } from "./_run.ts";

const hello: Handler = () => reply(200, "hello\n");
const whoami: Handler = ({ client }) => reply(200, `${client.scheme} ${client.address}`);

for (const engine of ["deno", "wire"] as const) {
  const listen = (options: ListenOptions, handler: Handler): Promise<Listener> =>
    listenOn({ engine, ...options }, handler);

  Deno.test(`listen() (${engine}) tells the port that the system chose`, async () => {
    await using listener = await listen({ address: "127.0.0.1:0" }, hello);
    assert(listener.address.transport === "tcp");
    assert(listener.address.port > 0);
    assertEquals(listener.url, `http://127.0.0.1:${listener.address.port}`);
    assertEquals(
      listener.describe(),
      `${listener.url} (${engine} engine, ${engine === "deno" ? "HTTP/1.1, h2c" : "HTTP/1.1"})`,
    );
  });

  Deno.test(`listen() (${engine}) reaches IPv4 and IPv6 clients when the host is left out`, async () => {
    await using listener = await listen({ address: ":0" }, whoami);
    assert(listener.address.transport === "tcp");
    const { hostname, port } = listener.address;
    assertEquals([hostname, listener.url], ["::", `http://localhost:${port}`]);
    const texts = [];
    for (const host of ["127.0.0.1", "[::1]"]) {
      texts.push(await (await fetch(`http://${host}:${port}/`)).text());
    }
    // Not ::ffff:127.0.0.1, as the system writes it.
    assertEquals(texts, ["http 127.0.0.1", "http ::1"]);
  });

  Deno.test(`listen() (${engine}) takes an address that is parsed already`, async () => {
    const address = { transport: "tcp", hostname: "localhost", port: 0 } as const;
    await using listener = await listen({ address }, hello);
    assertEquals(await (await fetch(listener.url)).text(), "hello\n");
  });

  for (const [flag, protocol] of [["--http1.1", "1.1"], ["--http2", "2"]]) {
    Deno.test({
      ...needs("curl", `listen() (${engine}) speaks HTTP/${protocol} over TLS with curl ${flag}`),
      fn: async () => {
        await using listener = await listen({ address: "127.0.0.1:0", tls: testTls }, whoami);
        assertStringIncludes(listener.describe(), `(${engine} engine, HTTP/1.1, HTTP/2`);
        const { code, stdout } = await run(
          ...["curl", "-sk", flag, "-w", " HTTP/%{http_version}", listener.url] as const,
        );
        assertEquals([code, stdout], [0, `https 127.0.0.1 HTTP/${protocol}`]);
      },
    });
  }

  if (engine === "deno") {
    Deno.test({
      ...needs("curl", `listen() (${engine}) speaks HTTP/2 without TLS when the client knows`),
      fn: async () => {
        await using listener = await listen({ address: "127.0.0.1:0" }, hello);
        const { stdout } = await run(
          ...[
            "curl",
            "-s",
            "--http2-prior-knowledge",
            "-w",
            "%{http_version}",
            listener.url,
          ] as const,
        );
        assertEquals(stdout, "hello\n2");
      },
    });
  }

  Deno.test({
    ...needs("curl", `listen() (${engine}) shows a certificate that clients can verify`),
    fn: async () => {
      const ca = await Deno.makeTempFile();
      try {
        await Deno.writeTextFile(ca, testTls.cert);
        await using listener = await listen({ address: ":0", tls: testTls }, hello);
        const { stdout } = await run("curl", "-s", "--cacert", ca, listener.url);
        assertEquals(stdout, "hello\n");
      } finally {
        await Deno.remove(ca);
      }
    },
  });

  Deno.test(`listen() (${engine}) shows every exchange and its end`, async () => {
    const ends: ExchangeEnd[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const onExchange: ListenOptions["onExchange"] = (exchange) =>
      exchange.onEnd((end) => {
        ends.push(end);
        resolve();
      });
    await using listener = await listen({ address: "127.0.0.1:0", onExchange }, hello);
    await (await fetch(listener.url)).text();
    await promise;
    assertEquals(ends.map(({ status, error, sentBytes }) => ({ status, error, sentBytes })), [
      { status: 200, error: null, sentBytes: 6 },
    ]);
    assertEquals(listener.inFlight, 0);
  });

  Deno.test(`listen() (${engine}) answers 500 and tells onError when the handler throws`, async () => {
    const seen: [unknown, Exchange | null][] = [];
    const onError: ListenOptions["onError"] = (error, exchange) => seen.push([error, exchange]);
    await using listener = await listen(
      { address: "127.0.0.1:0", onError, errorReply: { proxyName: "edge" } },
      () => {
        throw new Error("secret");
      },
    );
    const response = await fetch(listener.url);
    const text = await response.text();
    assertEquals([response.status, text.includes("secret")], [500, false]);
    assertStringIncludes(response.headers.get("proxy-status") ?? "", "edge");
    assertEquals(seen.length, 1);
    assertStringIncludes(String(seen[0][0]), "secret");
    assertEquals(seen[0][1]?.request.target, "/");
  });

  Deno.test(`listen() (${engine}) answers 500 and ends the exchange when the reply cannot be sent`, async () => {
    const ends: ExchangeEnd[] = [];
    const onExchange: ListenOptions["onExchange"] = (exchange) =>
      exchange.onEnd((end) => ends.push(end));
    const listener = await listen(
      { address: "127.0.0.1:0", onExchange },
      () => reply(200, "x", { reason: "two\r\nlines" }),
    );
    const response = await fetch(listener.url);
    await response.body?.cancel();
    assertEquals(response.status, 500);
    assertEquals(await listener.close(), { cut: 0 });
    assertEquals(ends.map(({ status, error }) => [status, error?.kind]), [[500, "internal"]]);
  });

  Deno.test(`listen() (${engine}) hands what a listener of the end throws to onError`, async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using listener = await listen({
      address: "127.0.0.1:0",
      onError: resolve,
      onExchange: (exchange) =>
        exchange.onEnd(() => {
          throw new Error("at the end");
        }),
    }, hello);
    await (await fetch(listener.url)).text();
    assertStringIncludes(String(await promise), "at the end");
  });

  Deno.test(`listen() (${engine}) lets onReply change the head`, async () => {
    await using listener = await listen({
      address: "127.0.0.1:0",
      onReply: (reply, exchange) => reply.headers.set("x-target", exchange.request.target),
    }, hello);
    const response = await fetch(`${listener.url}/a`);
    await response.text();
    assertEquals(response.headers.get("x-target"), "/a");
  });

  Deno.test(`listen() (${engine}) serves a web handler`, async () => {
    const handler = fromFetch((request) => new Response(request.method));
    await using listener = await listen({ address: "127.0.0.1:0" }, handler);
    assertEquals(await (await fetch(listener.url, { method: "PUT" })).text(), "PUT");
  });

  Deno.test(`listen() (${engine}) does not compress or change what the handler gives`, async () => {
    const text = "hello ".repeat(1000);
    const headers = { "content-type": "text/plain", "content-length": String(text.length) };
    await using listener = await listen(
      { address: "127.0.0.1:0" },
      () => reply(200, text, { headers }),
    );
    using client = await RawClient.connect(listener.address);
    await client.send(
      "GET / HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n",
    );
    const answer = await client.untilEnd();
    assertEquals(answer.endsWith(`\r\n\r\n${text}`), true);
    assertStringIncludes(answer, "content-length: 6000");
  });

  const misuse: readonly (readonly [string, ListenOptions, string])[] = [
    ["the address is malformed", { address: "8080" }, "Cannot parse listen address"],
    // @ts-expect-error the type knows no such engine
    ["the engine is not known", { address: ":0", engine: "steam" }, 'there is no engine "steam"'],
    ["TLS is on a unix socket", { address: "unix:/x", tls: testTls }, "no TLS on a unix socket"],
    [
      "reusePort is on a unix socket",
      { address: "unix:/x", reusePort: true },
      "reusePort is for TCP",
    ],
    ["unixMode is on a port", { address: ":0", unixMode: 0o600 }, "unixMode is for a unix socket"],
    ["unixMode is no mode", { address: "unix:/x", unixMode: 0o7777 }, "is not from 0 to 0o777"],
    ["the key is empty", { address: ":0", tls: { ...testTls, key: "" } }, "one is empty"],
  ];

  for (const [state, options, message] of misuse) {
    Deno.test(`listen() (${engine}) throws when ${state}`, async () => {
      const error = await assertRejects(() => listen(options, hello), Error, message);
      assert(error instanceof TypeError || error instanceof RangeError);
    });
  }

  const tls = (change: Partial<typeof testTls>): ListenOptions => ({
    address: "127.0.0.1:0",
    tls: { ...testTls, ...change },
  });
  const mangled = testTls.cert.replace(/M[\w+/]{20}/, "AAAA");
  const failures: readonly (readonly [string, ListenOptions, ListenError["code"], string])[] = [
    ["the certificate is no PEM", tls({ cert: "x" }), "bad_certificate", "No certificates found"],
    ["the certificate is mangled", tls({ cert: mangled }), "bad_certificate", "certificate or key"],
    ["the key is no PEM", tls({ key: "x" }), "bad_certificate", "No keys found"],
    ["the key is another one's", tls({ key: otherKey }), "bad_certificate", "KeyMismatch"],
    [
      "the address is another machine's",
      { address: "192.0.2.1:0" },
      "address_not_available",
      "this machine does not have that address",
    ],
    [
      "the name does not exist",
      { address: "x.invalid:0" },
      "name_not_found",
      "the name has no address",
    ],
  ];

  for (const [state, options, code, message] of failures) {
    Deno.test(`listen() (${engine}) rejects with ${code} when ${state}`, async () => {
      const error = await assertRejects(() => listen(options, hello), ListenError, message);
      assertEquals([error.code, error.message.includes("\n")], [code, false]);
      assert(error.message.startsWith("Cannot listen on "));
      assert(error.cause instanceof Error);
    });
  }

  Deno.test(`listen() (${engine}) rejects with address_in_use when the port is taken`, async () => {
    await using first = await listen({ address: "127.0.0.1:0" }, hello);
    const error = await assertRejects(() => listen({ address: first.address }, hello), ListenError);
    assert(first.address.transport === "tcp");
    assertEquals(error.code, "address_in_use");
    assertEquals(
      error.message,
      `Cannot listen on 127.0.0.1:${first.address.port}: the port is taken`,
    );
  });
}
