import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  AddressCache,
  type ExchangeEnd,
  listen,
  type Listener,
  requestHead,
  ServerExchange,
  type ServerLimits,
} from "../../../core/mod.ts";
import { allowConnect, type AllowConnectOptions, HttpProxy } from "../../../proxy/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { curl } from "../../examples/_curl.ts";
import { needs } from "../../support/needs.ts";
import { rawClient, rawServer } from "../../support/raw.ts";

interface Served extends AsyncDisposable {
  readonly listener: Listener;
  readonly port: number;
  readonly ends: readonly ExchangeEnd[];
  /** Resolves at the end of the first exchange. */
  readonly ended: Promise<ExchangeEnd>;
}

async function serveConnect(
  options: AllowConnectOptions,
  settings: { limits?: ServerLimits; engine?: "deno" | "wire"; upstream?: string } = {},
): Promise<Served> {
  const { limits, engine = "wire", upstream = "127.0.0.1:9" } = settings;
  const ends: ExchangeEnd[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<ExchangeEnd>();
  const proxy = new HttpProxy({
    upstream,
    filters: [allowConnect(options), {
      finished: (_, end) => {
        ends.push(end);
        resolve(end);
      },
    }],
  });
  const listener = await listen({ address: "127.0.0.1:0", engine, limits }, proxy.handle);
  return {
    listener,
    port: Number(new URL(listener.url).port),
    ends,
    ended,
    async [Symbol.asyncDispose]() {
      await listener.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function echoServer() {
  return rawServer(async ({ conn }) => {
    await conn.readable.pipeTo(conn.writable, { preventClose: true });
    await conn.closeWrite();
  });
}

function connectRequest(target: string, behind = ""): string {
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n${behind}`;
}

const LOOPBACK = { ports: "any", privateRanges: ["loopback"] } as const;

Deno.test({
  ...needs("curl", "allowConnect() lets curl tunnel through the proxy"),
  fn: async () => {
    await using site = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (request) => new Response(`${request.headers.get("via")} ${await request.text()}`),
    );
    await using proxy = await serveConnect(LOOPBACK);
    const { stdout, stderr, code } = await curl(
      ...["-p", "-x", `http://127.0.0.1:${proxy.port}`, "-d", "sent"],
      `http://127.0.0.1:${site.addr.port}/`,
    );
    assertEquals(code, 0, stderr);
    // No Via: what is in a tunnel is not looked at.
    assertEquals(stdout, "null sent");
    const end = await proxy.ended;
    assertEquals(end.status, 200);
    assertEquals(end.error, null);
    assert(end.sentBytes > 20 && end.receivedBytes > 20, JSON.stringify(end));
  },
});

Deno.test("HttpProxy answers CONNECT with 405 without allowConnect()", async () => {
  await using proxy = new HttpProxy({ upstream: "127.0.0.1:9" });
  await using listener = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  using client = await rawClient(Number(new URL(listener.url).port));
  await client.send(connectRequest("127.0.0.1:80"));
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 405 /);
});

Deno.test("allowConnect() leaves other methods to the upstream", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  await using proxy = await serveConnect({}, { upstream: upstream.address });
  using client = await rawClient(proxy.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 204 /);
});

Deno.test("allowConnect() passes half-closes on in both directions, and counts", async () => {
  await using target = rawServer(async (connection) => {
    assertEquals(await connection.readToEnd(), "question");
    await connection.send("an answer behind the end of the question");
  });
  await using proxy = await serveConnect(LOOPBACK);
  using client = await rawClient(proxy.port);
  await client.send(connectRequest(target.address));
  const head = await client.readUntil("\r\n\r\n");
  assertMatch(head, /^HTTP\/1\.1 200 Connection Established\r\n/);
  // RFC 9110 §9.3.6: a successful answer to CONNECT has no framing.
  assertNotMatch(head, /^(content-length|transfer-encoding|connection):/im);
  await client.send("question");
  await client.conn.closeWrite();
  assertEquals(await client.readToEnd(), "an answer behind the end of the question");
  const end = await proxy.ended;
  assertEquals([end.sentBytes, end.receivedBytes], [40, 8]);
});

Deno.test("allowConnect() lets the target end its direction first", async () => {
  await using target = rawServer(async (connection) => {
    await connection.send("bye");
    await connection.conn.closeWrite();
    assertEquals(await connection.readToEnd(), "still here");
  });
  await using proxy = await serveConnect(LOOPBACK);
  using client = await rawClient(proxy.port);
  await client.send(connectRequest(target.address));
  await client.readUntil("\r\n\r\n");
  assertEquals(await client.readToEnd(), "bye");
  await client.send("still here");
  await client.conn.closeWrite();
  const end = await proxy.ended;
  assertEquals([end.error, end.sentBytes, end.receivedBytes], [null, 3, 10]);
});

Deno.test("allowConnect() relays what came in the packet of the request, and large content", async () => {
  await using target = echoServer();
  await using proxy = await serveConnect(LOOPBACK);
  using client = await rawClient(proxy.port);
  const large = "0123456789abcdef".repeat(40_000);
  const sent = client.send(connectRequest(target.address, `first${large}`));
  await client.readUntil("\r\n\r\n");
  assertEquals(await client.readBytes(5 + large.length), `first${large}`);
  await sent;
});

Deno.test("allowConnect() sends no byte and no 200 before the target was reached", async () => {
  const { promise: mayConnect, resolve: letConnect } = Promise.withResolvers<void>();
  const { promise: connecting, resolve: isConnecting } = Promise.withResolvers<void>();
  const seen: string[] = [];
  await using target = rawServer(async (connection) => {
    seen.push(await connection.readUntil("early"));
    await connection.send("late");
  });
  await using proxy = await serveConnect({
    ...LOOPBACK,
    connect: async (hostname, port) => {
      isConnecting();
      await mayConnect;
      return await Deno.connect({ hostname, port });
    },
  });
  using client = await rawClient(proxy.port);
  await client.send(connectRequest(target.address, "early"));
  await connecting;
  assertEquals(target.count, 0);
  let answer = "";
  const reading = client.readUntil("\r\n\r\n").then((head) => answer = head);
  // A round through the proxy on another connection: time enough for what must not come.
  using other = await rawClient(proxy.port);
  await other.send(connectRequest("127.0.0.1:0"));
  assertMatch(await other.readToEnd(), /^HTTP\/1\.1 400 /);
  assertEquals(answer, "");
  letConnect();
  await reading;
  assertMatch(answer, /^HTTP\/1\.1 200 /);
  assertEquals(await client.readBytes(4), "late");
  assertEquals(seen, ["early"]);
});

Deno.test("allowConnect() ends a silent tunnel after the listener's tunnelTimeoutMs", async () => {
  await using target = echoServer();
  await using proxy = await serveConnect(LOOPBACK, { limits: { tunnelTimeoutMs: 100 } });
  using client = await rawClient(proxy.port);
  await client.send(connectRequest(target.address, "x"));
  await client.readUntil("\r\n\r\nx");
  assertEquals(await client.readToEnd(), "");
  assertEquals((await proxy.ended).error?.kind, "deadline_exceeded");
});

Deno.test("allowConnect() closes the target when the client resets", async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  await using target = rawServer(async (connection) => {
    await connection.send("hello");
    await connection.readToEnd();
    resolve();
  });
  await using proxy = await serveConnect(LOOPBACK);
  const client = await rawClient(proxy.port);
  await client.send(connectRequest(target.address));
  await client.readUntil("hello");
  client.close();
  await ended;
});

interface Refusal {
  readonly name: string;
  readonly options: AllowConnectOptions;
  readonly target: string;
  readonly status: number;
}

const names = new AddressCache({
  resolver: {
    lookup: (name) =>
      name === "inside.example"
        ? Promise.resolve(["127.0.0.1"])
        : Promise.reject(new Deno.errors.NotFound(name)),
    ttlMs: () => Promise.resolve(null),
  },
});

const REFUSALS: readonly Refusal[] = [
  { name: "a port that is not 443", options: {}, target: "93.184.215.14:25", status: 403 },
  { name: "loopback", options: {}, target: "127.0.0.1:443", status: 403 },
  { name: "loopback of IPv6", options: {}, target: "[::1]:443", status: 403 },
  { name: "a mapped address", options: {}, target: "[::ffff:127.0.0.1]:443", status: 403 },
  { name: "the metadata of a cloud", options: {}, target: "169.254.169.254:443", status: 403 },
  { name: "a private network", options: {}, target: "10.0.0.1:443", status: 403 },
  { name: "no address", options: {}, target: "0.0.0.0:443", status: 403 },
  {
    name: "a private range that another range does not open",
    options: { privateRanges: ["10.0.0.0/8"] },
    target: "127.0.0.1:443",
    status: 403,
  },
  {
    name: "a name that leads to loopback",
    options: { addresses: names },
    target: "inside.example:443",
    status: 403,
  },
  {
    name: "a host that is not listed",
    options: { hosts: ["example.com", "*.example.org"] },
    target: "example.org:443",
    status: 403,
  },
  {
    name: "a client that isAllowed refuses",
    options: { isAllowed: () => Promise.resolve(false) },
    target: "93.184.215.14:443",
    status: 403,
  },
  {
    name: "a name that does not exist",
    options: { addresses: names },
    target: "outside.example:443",
    status: 502,
  },
  {
    name: "a port where nobody listens",
    options: {
      ...LOOPBACK,
      connect: () => Promise.reject(new Deno.errors.ConnectionRefused()),
    },
    target: "127.0.0.1:443",
    status: 502,
  },
];

for (const { name, options, target, status } of REFUSALS) {
  Deno.test(`allowConnect() answers ${status} to ${name}`, async () => {
    let dialled = 0;
    await using proxy = await serveConnect({
      connect: () => {
        dialled++;
        return Promise.reject(new Deno.errors.NotFound());
      },
      ...options,
    });
    using client = await rawClient(proxy.port);
    await client.send(connectRequest(target));
    assertMatch(await client.readToEnd(), new RegExp(`^HTTP/1\\.1 ${status} `));
    assertEquals(dialled, 0);
    assertEquals(proxy.ends.map((end) => end.status), [status]);
  });
}

Deno.test("allowConnect() answers 504 when the target does not answer in connectTimeoutMs", async () => {
  const clock = new FakeClock();
  const { promise: connecting, resolve } = Promise.withResolvers<void>();
  await using proxy = await serveConnect({
    ...LOOPBACK,
    connectTimeoutMs: 5_000,
    clock,
    connect: (_address, _port, signal) => {
      resolve();
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  });
  using client = await rawClient(proxy.port);
  await client.send(connectRequest("127.0.0.1:443"));
  await connecting;
  clock.advance(5_000);
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 504 /);
});

Deno.test("allowConnect() dials hosts, names and ranges that are allowed", async () => {
  await using target = echoServer();
  const { port } = target;
  const allowed: [AllowConnectOptions, string][] = [
    [{ ports: [port], privateRanges: ["loopback"] }, `127.0.0.1:${port}`],
    [{ ...LOOPBACK, hosts: ["127.0.0.1"] }, `127.0.0.1:${port}`],
    [{ ...LOOPBACK, hosts: ["*.example"], addresses: names }, `INSIDE.example.:${port}`],
    [{ ...LOOPBACK, hosts: ["inside.example"], addresses: names }, `inside.example:${port}`],
    [{ ...LOOPBACK, isAllowed: (to) => to.port === port }, `127.0.0.1:${port}`],
  ];
  for (const [options, name] of allowed) {
    await using proxy = await serveConnect(options);
    using client = await rawClient(proxy.port);
    await client.send(connectRequest(name, "x"));
    assertStringIncludes(await client.readUntil("\r\n\r\nx"), "200 Connection Established", name);
  }
});

Deno.test("allowConnect() shows isAllowed the target in one form and the request", async () => {
  const seen: unknown[] = [];
  await using proxy = await serveConnect({
    isAllowed: (target, { request }) => {
      seen.push(target, request.headers.get("proxy-authorization"));
      return false;
    },
  });
  using client = await rawClient(proxy.port);
  await client.send(
    "CONNECT Example.COM.:443 HTTP/1.1\r\nHost: example.com\r\nProxy-Authorization: Basic eA==\r\n\r\n",
  );
  await client.readToEnd();
  assertEquals(seen, [{ hostname: "example.com", port: 443 }, "Basic eA=="]);
});

Deno.test("allowConnect() does not take a target for the path of a unix socket", async () => {
  let dialled = "";
  await using proxy = await serveConnect({
    ...LOOPBACK,
    addresses: new AddressCache({
      resolver: {
        lookup: (name) => {
          dialled = name;
          return Promise.reject(new Deno.errors.NotFound());
        },
        ttlMs: () => Promise.resolve(null),
      },
    }),
  });
  using client = await rawClient(proxy.port);
  await client.send(connectRequest("unix:80"));
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 502 /);
  assertEquals(dialled, "unix");
});

Deno.test("allowConnect() answers 501 where the engine has no tunnels", async () => {
  const filter = allowConnect(LOOPBACK);
  const proxy = new HttpProxy({ upstream: "127.0.0.1:9", filters: [filter] });
  const exchange = new ServerExchange(
    requestHead({ method: "CONNECT", target: "127.0.0.1:80", authority: "127.0.0.1:80" }),
    {
      client: { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" },
      clock: new FakeClock(),
    },
  );
  assertEquals((await proxy.handle(exchange) as { status: number }).status, 501);
  await proxy[Symbol.asyncDispose]();
});

Deno.test("allowConnect() throws for options that cannot be", () => {
  assertThrows(() => allowConnect({ ports: [0] }), RangeError, "port");
  assertThrows(() => allowConnect({ ports: [1.5] }), RangeError, "port");
  assertThrows(() => allowConnect({ connectTimeoutMs: 0 }), RangeError, "connectTimeoutMs");
  assertThrows(() => allowConnect({ hosts: ["https://a"] }), TypeError, "host");
  assertThrows(() => allowConnect({ hosts: ["*"] }), TypeError, "host");
  assertThrows(() => allowConnect({ privateRanges: ["lan"] }), TypeError);
});
