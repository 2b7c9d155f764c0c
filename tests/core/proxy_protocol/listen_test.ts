import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Client,
  type Handler,
  listen,
  type Listener,
  type ListenOptions,
  type ListenProxyProtocol,
  readText,
  reply,
  TrustedProxies,
  writeProxyHeader,
} from "../../../core/mod.ts";
import { needs } from "../../support/needs.ts";
import { rawClient, RawConnection } from "../../support/raw.ts";
import { testTls } from "../listen/_certificate.ts";
import { bytesOf, concat, IPV4_BLOCK, tlv, v2 } from "./_bytes.ts";
import { startHaproxy } from "./_haproxy.ts";

const LINE = "PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n";
const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const LAST = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/** Answers with who the client is. */
const whoami: Handler = ({ client, request }) =>
  reply(200, JSON.stringify({ client, scheme: request.scheme }));

interface Whoami {
  client: Client;
  scheme: string;
}

function start(
  proxyProtocol: Partial<ListenProxyProtocol> = {},
  options: Partial<ListenOptions> = {},
  handler: Handler = whoami,
): Promise<Listener> {
  return listen({
    address: "127.0.0.1:0",
    proxyProtocol: { trusted: ["loopback"], ...proxyProtocol },
    ...options,
  }, handler);
}

function portOf({ address }: Listener): number {
  assert(address.transport === "tcp");
  return address.port;
}

/** The port that a connection comes from. */
function nearPort({ conn }: RawConnection): number {
  assert(conn.localAddr.transport === "tcp");
  return conn.localAddr.port;
}

async function askAs(connection: RawConnection, header: string | Uint8Array): Promise<Whoami> {
  const bytes = typeof header === "string" ? bytesOf(header) : header;
  await connection.send(concat(bytes, bytesOf(LAST)));
  return JSON.parse((await connection.readMessage()).body);
}

const TLVS = [tlv(0x02, bytesOf("example.com")), tlv(0x20, [1, 0, 0, 0, 0])];
const headers: readonly [name: string, bytes: Uint8Array, scheme: string, authority?: string][] = [
  ["a header of version 1", bytesOf(LINE.replace("4711", "258")), "http"],
  ["a header of version 2", v2(0x21, 0x11, IPV4_BLOCK), "http"],
  ["a header about QUIC", v2(0x21, 0x12, IPV4_BLOCK), "http"],
  ["a header about TLS", v2(0x21, 0x11, IPV4_BLOCK, ...TLVS), "https", "example.com"],
];
for (const [name, bytes, scheme, authority] of headers) {
  Deno.test(`listen() takes the client from ${name}`, async () => {
    await using listener = await start();
    using connection = await rawClient(portOf(listener));
    const port = nearPort(connection);
    const answer = await askAs(connection, bytes);
    assertEquals(answer.client.proxy?.tlvs.authority, authority);
    const tlvs = answer.client.proxy?.tlvs ?? {};
    const client: Client = {
      address: "192.0.2.1",
      port: 258,
      transport: "tcp",
      scheme: scheme === "https" ? "https" : "http",
      destination: { address: "192.0.2.9", port: 443 },
      proxy: { address: "127.0.0.1", port, transport: "tcp", tlvs },
    };
    assertEquals(answer, { client, scheme });
  });
}

Deno.test("listen() takes a client on a unix socket from a header", async () => {
  await using listener = await start();
  using connection = await rawClient(portOf(listener));
  const { client } = await askAs(connection, v2(0x21, 0x31, new Uint8Array(216)));
  assertEquals([client.transport, client.address, client.port], ["unix", "", 0]);
  assertEquals(client.proxy?.address, "127.0.0.1");
});

Deno.test("listen() takes an IPv4 address that is written as an IPv6 one for what it is", async () => {
  await using listener = await start();
  using connection = await rawClient(portOf(listener));
  const { client } = await askAs(
    connection,
    "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.9 1 2\r\n",
  );
  assertEquals([client.address, client.destination?.address], ["192.0.2.1", "192.0.2.9"]);
});

const aboutNobody: readonly [name: string, bytes: Uint8Array][] = [
  ["UNKNOWN", bytesOf("PROXY UNKNOWN\r\n")],
  ["LOCAL", v2(0x20, 0x00)],
  ["LOCAL with addresses", v2(0x20, 0x11, IPV4_BLOCK)],
  ["UNSPEC", v2(0x21, 0x00)],
];
for (const [name, bytes] of aboutNobody) {
  Deno.test(`listen() takes the connection for what it is when the header says ${name}`, async () => {
    await using listener = await start();
    using connection = await rawClient(portOf(listener));
    const port = nearPort(connection);
    const { client } = await askAs(connection, bytes);
    const destination = { address: "127.0.0.1", port: portOf(listener) };
    const near = { address: "127.0.0.1", port, transport: "tcp", scheme: "http", destination };
    assertEquals<unknown>(client, near);
  });
}

Deno.test("listen() reads what is behind the header byte for byte: pipelined requests, content", async () => {
  const echo: Handler = async ({ body, request }) =>
    reply(200, `${request.target} ${body === null ? "" : await readText(body)}`);
  await using listener = await start({}, {}, echo);
  using connection = await rawClient(portOf(listener));
  const post = "POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 7\r\n\r\nPROXY \n";
  const target = `/${"x".repeat(6_000)}`;
  await connection.send(`${LINE}${post}GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n${GET}`);
  assertEquals((await connection.readMessage()).body, "/1 PROXY \n");
  assertEquals((await connection.readMessage()).body, `${target} `);
  assertEquals((await connection.readMessage()).body, "/ ");
});

for (const [name, header] of [["1", bytesOf(LINE)], ["2", v2(0x21, 0x11, IPV4_BLOCK)]] as const) {
  Deno.test(`listen() takes a header of version ${name} and a request that come byte by byte`, async () => {
    await using listener = await start();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: portOf(listener) });
    conn.setNoDelay(true);
    using connection = new RawConnection(conn);
    for (const byte of concat(header, bytesOf(GET))) await connection.send(Uint8Array.of(byte));
    assertStringIncludes((await connection.readMessage()).body, '"address":"192.0.2.1"');
  });
}

Deno.test("listen() keeps the client for every request of the connection", async () => {
  await using listener = await start();
  using connection = await rawClient(portOf(listener));
  await connection.send(LINE + GET);
  await connection.readMessage();
  await connection.send(GET);
  const { body } = await connection.readMessage();
  assertStringIncludes(body, '"port":4711');
  // A header counts once; the next one is no request.
  await connection.send(LINE + GET);
  assertStringIncludes((await connection.readMessage()).head, "HTTP/1.1 400");
});

const refused: readonly [name: string, bytes: Uint8Array][] = [
  ["no header", bytesOf(GET)],
  ["a malformed header", bytesOf(`PROXY TCP4 1.2.3.4\r\n${GET}`)],
  ["a header that is cut off", bytesOf(LINE.slice(0, 10))],
  ["a wrong checksum", v2(0x21, 0x11, IPV4_BLOCK, tlv(3, [1, 2, 3, 4]))],
];
for (const [name, bytes] of refused) {
  Deno.test(`listen() closes a trusted connection with ${name}, counts it and tells of it`, async () => {
    const errors: unknown[] = [];
    let requests = 0;
    const options = {
      onError: (error: unknown) => errors.push(String(error)),
      onExchange: () => requests++,
    };
    await using listener = await start({}, options);
    using connection = await rawClient(portOf(listener));
    await connection.send(bytes);
    await connection.conn.closeWrite();
    assertEquals(await connection.readToEnd(), "");
    assertEquals(listener.refusals, { tooMany: 0, proxyHeader: 1 });
    assertEquals([errors.length, requests], [1, 0]);
    assertStringIncludes(String(errors[0]), "PROXY header");
  });
}

Deno.test("listen() counts no connection that ends before its first byte", async () => {
  await using listener = await start();
  using connection = await rawClient(portOf(listener));
  await connection.conn.closeWrite();
  assertEquals(await connection.readToEnd(), "");
  assertEquals(listener.refusals.proxyHeader, 0);
});

for (const [name, header] of [["1", bytesOf(LINE)], ["2", v2(0x21, 0x11, IPV4_BLOCK)]] as const) {
  Deno.test(`listen() looks for no header of version ${name} where it trusts nobody, it is a bad request`, async () => {
    await using listener = await start({ trusted: ["192.0.2.0/24"] });
    using connection = await rawClient(portOf(listener));
    const { client } = await askAs(connection, "");
    assertEquals([client.address, client.proxy], ["127.0.0.1", undefined]);
    using liar = await rawClient(portOf(listener));
    await liar.send(concat(header, bytesOf(GET)));
    assertStringIncludes(await liar.readToEnd(), "HTTP/1.1 400");
  });
}

Deno.test("listen() takes a list that the caller keeps as proxyProtocol.trusted", async () => {
  await using listener = await start({ trusted: new TrustedProxies(["127.0.0.1"]) });
  using connection = await rawClient(portOf(listener));
  assertEquals((await askAs(connection, LINE)).client.port, 4711);
});

Deno.test("listen() closes a connection whose header takes longer than proxyProtocol.timeoutMs", async () => {
  const errors: unknown[] = [];
  await using listener = await start(
    { timeoutMs: 50 },
    { onError: (error) => errors.push(String(error)) },
  );
  using silent = await rawClient(portOf(listener));
  using slow = await rawClient(portOf(listener));
  await slow.send("PROXY ");
  using quick = await rawClient(portOf(listener));
  await quick.send(LINE);
  assertEquals([await silent.readToEnd(), await slow.readToEnd()], ["", ""]);
  assertEquals(listener.refusals.proxyHeader, 2);
  assertStringIncludes(String(errors[0]), "50 ms are over");
  // From the header on the head has its own time.
  await quick.send(GET);
  assertStringIncludes((await quick.readMessage()).head, "HTTP/1.1 200");
});

Deno.test("listen() takes headers as long as proxyProtocol.maxBytes says", async () => {
  const bytes = v2(0x21, 0x11, IPV4_BLOCK, tlv(0xe0, new Uint8Array(5_000)));
  await using listener = await start({ maxBytes: bytes.byteLength });
  using connection = await rawClient(portOf(listener));
  assertEquals((await askAs(connection, bytes)).client.port, 258);
  await using strict = await start({ maxBytes: bytes.byteLength - 1 });
  using long = await rawClient(portOf(strict));
  await long.send(bytes);
  assertEquals(await long.readToEnd(), "");
  assertEquals(strict.refusals.proxyHeader, 1);
});

Deno.test("listen() counts connections for the client, not for the proxy in front", async () => {
  await using listener = await start({}, { maxConnectionsPerAddress: 1 });
  const open: RawConnection[] = [];
  const ask = async (address: string): Promise<boolean> => {
    const connection = await rawClient(portOf(listener));
    open.push(connection);
    await connection.send(`PROXY TCP4 ${address} 192.0.2.9 1 2\r\n${GET}`);
    return await connection.readMessage().then(() => true, () => false);
  };
  try {
    assertEquals([await ask("192.0.2.1"), await ask("192.0.2.2"), await ask("192.0.2.1")], [
      ...[true, true, false],
    ]);
    assertEquals(listener.refusals, { tooMany: 1, proxyHeader: 0 });
  } finally {
    for (const connection of open) connection.close();
  }
});

Deno.test("listen() counts connections without a header among maxConnections", async () => {
  await using listener = await start({}, { maxConnections: 1 });
  using first = await rawClient(portOf(listener));
  using second = await rawClient(portOf(listener));
  assertEquals(await second.readToEnd(), "");
  assertEquals(listener.refusals.tooMany, 1);
  assertEquals((await askAs(first, LINE)).client.port, 4711);
});

Deno.test("Listener.drain() does not wait for headers that have not come", async () => {
  const listener = await start();
  using connection = await rawClient(portOf(listener));
  await connection.send("PROXY ");
  assertEquals(await listener.drain(), { cut: 0 });
  assertEquals(await connection.readToEnd(), "");
  assertEquals(listener.refusals.proxyHeader, 0);
});

Deno.test("listen() takes headers on a unix socket from whom it trusts by the name of unix", async () => {
  const path = `${await Deno.makeTempDir()}/sock`;
  await using listener = await start({ trusted: ["unix"] }, { address: `unix:${path}` });
  using conn = await Deno.connect({ transport: "unix", path });
  await conn.write(bytesOf(LINE + LAST));
  const text = await new Response(conn.readable).text();
  const { client }: Whoami = JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
  assertEquals([client.address, client.proxy?.transport], ["192.0.2.1", "unix"]);
  assertEquals(listener.refusals.proxyHeader, 0);
});

const invalid: readonly [name: string, ListenProxyProtocol, Partial<ListenOptions>, string][] = [
  ["TLS", { trusted: ["loopback"] }, { tls: testTls }, "in front of a handshake"],
  ["the deno engine", { trusted: ["loopback"] }, { engine: "deno" }, "wire engine has"],
  ["nobody to trust", { trusted: [] }, {}, "trusts nobody"],
  ["no address to trust", { trusted: ["example.com"] }, {}, "example.com"],
  ["no time", { trusted: ["loopback"], timeoutMs: 0 }, {}, "timeoutMs 0"],
  ["a time that is none", { trusted: ["loopback"], timeoutMs: NaN }, {}, "timeoutMs NaN"],
  ["too few bytes", { trusted: ["loopback"], maxBytes: 106 }, {}, "maxBytes 106"],
];
for (const [name, proxyProtocol, options, why] of invalid) {
  Deno.test(`listen() rejects proxyProtocol with ${name}`, async () => {
    const error = await assertRejects(() => start(proxyProtocol, options));
    assert(error instanceof TypeError || error instanceof RangeError, String(error));
    assertStringIncludes(error.message, why);
  });
}

for (const option of ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl"]) {
  Deno.test({
    ...needs("haproxy", `listen() takes the client from a HAProxy in front with ${option}`),
    fn: async () => {
      await using listener = await start();
      const isTls = option.endsWith("ssl");
      await using haproxy = await startHaproxy(async ({ folder, port }) => {
        await Deno.writeTextFile(`${folder}/bundle`, testTls.cert + testTls.key);
        const bind = `  bind 127.0.0.1:${port}${isTls ? ` ssl crt ${folder}/bundle` : ""}`;
        return ["listen a", bind, `  server s 127.0.0.1:${portOf(listener)} ${option}`];
      });
      const to = { hostname: "127.0.0.1", port: haproxy.port };
      using conn = isTls
        ? await Deno.connectTls({ ...to, caCerts: [testTls.cert] })
        : await Deno.connect(to);
      await conn.write(bytesOf(LAST));
      const text = await new Response(conn.readable).text();
      const { client, scheme }: Whoami = JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
      assertEquals([client.address, client.port], ["127.0.0.1", conn.localAddr.port]);
      assertEquals(client.destination, { address: "127.0.0.1", port: haproxy.port });
      assert(client.proxy !== undefined && client.proxy.port !== client.port);
      assertEquals(scheme, isTls ? "https" : "http");
    },
  });
}

Deno.test("listen() goes on at once after clients that reset before they were accepted", async () => {
  const errors: unknown[] = [];
  await using listener = await listen(
    { address: "127.0.0.1:0", onError: (error) => errors.push(error) },
    whoami,
  );
  const reset = `import net from "node:net";
    for (let at = 0; at < 20; at++) {
      const socket = net.connect(${portOf(listener)}, "127.0.0.1", () => socket.resetAndDestroy());
    }`;
  // Meanwhile this process does not accept.
  const args = ["eval", "--no-config", reset];
  assert(new Deno.Command(Deno.execPath(), { args, stdin: "null" }).outputSync().success);
  using connection = await rawClient(portOf(listener));
  await connection.send(LAST);
  assertStringIncludes((await connection.readMessage()).head, "HTTP/1.1 200");
  assertEquals(errors, []);
});

Deno.test("listen() reads what writeProxyHeader() writes", async () => {
  await using listener = await start();
  using connection = await rawClient(portOf(listener));
  const source = { address: "2001:db8::1", port: 1 };
  const destination = { address: "2001:db8::2", port: 2 };
  const tlvs = { uniqueId: Uint8Array.of(1, 2), hasChecksum: true };
  const header = writeProxyHeader({ version: 2, transport: "tcp6", source, destination, tlvs });
  const { client } = await askAs(connection, header);
  assertEquals([client.address, client.destination], ["2001:db8::1", destination]);
});
