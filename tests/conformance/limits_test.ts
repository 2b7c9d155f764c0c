// Limits of what clients may take, over real sockets: each slow client is gone in time, and the others are
// served meanwhile.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  bodyFrom,
  type ExchangeEnd,
  type Handler,
  listen,
  type Listener,
  type ListenOptions,
  reply,
} from "../../core/mod.ts";
import { testTls } from "../core/listen/_certificate.ts";
import { rawClient, RawConnection } from "../support/raw.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/** More than any of the limits here, with the wheel's tick and a busy machine. */
const SOON_MS = 5_000;

/** A listener, its port, and how exchanges ended. */
async function serve(options: Partial<ListenOptions>, handler: Handler) {
  const ends: ExchangeEnd[] = [];
  const listener = await listen({
    address: "127.0.0.1:0",
    engine: "wire",
    onExchange: (exchange) => exchange.onEnd((end) => void ends.push(end)),
    ...options,
  }, handler);
  return {
    listener,
    port: portOf(listener),
    ends,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

function portOf({ address }: Listener): number {
  return address.transport === "tcp" ? address.port : 0;
}

async function* endless() {
  for (;;) yield await Promise.resolve(new Uint8Array(65_536));
}

/** Answers "ok", an endless stream for /endless, and reads what it is sent. */
const handler: Handler = async ({ request, body }) => {
  if (request.target === "/endless") return reply(200, bodyFrom(endless()));
  while (body !== null && await body.read() !== null);
  return reply(200, "ok");
};

/** A client that is slow, until it is cut. */
interface SlowClient {
  /** One small step, taken again and again. */
  readonly step: (connection: RawConnection) => Promise<unknown>;
  /** What it sends first. */
  readonly start: string;
  /** Whether it reads nothing but by its steps. */
  readonly isDeaf?: boolean;
}

const sendsHead: SlowClient = {
  start: "GET / HTTP/1.1\r\nX: ",
  step: (client) => client.send("x"),
};
const sendsBody: SlowClient = {
  start: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n",
  step: (client) => client.send("x"),
};
const standsStill = (start: string): SlowClient => ({ start, step: () => Promise.resolve() });

/** Reads a byte a step, at last nothing, where the connection has ended. */
const readsByte: SlowClient = {
  start: "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n",
  step: (client) => client.conn.read(new Uint8Array(1)),
  isDeaf: true,
};

/**
 * Lets slow clients go on step by step, with a request of another client between two steps.
 *
 * @returns what came back to each of them, and how many requests were served meanwhile
 */
async function endure(port: number, slow: SlowClient, isOver: () => boolean) {
  const clients = await Promise.all(Array.from({ length: 10 }, () => rawClient(port)));
  using other = await rawClient(port);
  const answers: string[] = [];
  const start = performance.now();
  let served = 0;
  try {
    for (const client of clients) {
      await client.send(slow.start);
      if (!slow.isDeaf) client.readToEnd().then((text) => answers.push(text));
    }
    while (!(slow.isDeaf ? isOver() : answers.length === clients.length)) {
      const began = performance.now();
      await other.send(GET);
      assertEquals((await other.readMessage()).body, "ok");
      served++;
      const took = performance.now() - began;
      assert(took < 1_000, `another client waited for ${took} ms`);
      // What has been cut takes no more.
      await Promise.all(clients.map((client) => slow.step(client).catch(() => {})));
      assert(performance.now() - start < SOON_MS, "slow clients are gone in time");
    }
  } finally {
    for (const client of clients) client.close();
  }
  return { answers, served };
}

const slowOnes = [
  ["heads that come byte by byte", sendsHead, { headTimeoutMs: 300 }, 408, "request_timeout"],
  [
    "heads that stop",
    standsStill("GET / HTTP/1.1\r\nX: "),
    { headTimeoutMs: 300 },
    408,
    "request_timeout",
  ],
  ["no head at all", standsStill(""), { headTimeoutMs: 300 }, null, null],
  ["half an empty line", standsStill("\r"), { headTimeoutMs: 300 }, null, null],
  ["content that stops", standsStill(sendsBody.start), { bodyTimeoutMs: 300 }, 408, "body_timeout"],
  [
    "content that comes byte by byte",
    sendsBody,
    { minRateGraceMs: 300, minBytesPerSecond: 100_000 },
    408,
    "body_timeout",
  ],
  ["nothing behind an answer", standsStill(GET), { idleTimeoutMs: 300 }, 200, null],
] as const;

for (const [name, slow, limits, status, kind] of slowOnes) {
  Deno.test(`listen() limits ${name}, and serves others meanwhile`, async () => {
    // The other client is idle between its requests, but never for as long.
    await using server = await serve({ limits }, handler);
    const { answers, served } = await endure(server.port, slow, () => false);
    assert(served > 1);
    for (const answer of answers) {
      if (status === null) assertEquals(answer, "");
      else assertMatch(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    if (kind === null) return;
    assertEquals(server.ends.filter(({ error }) => error?.kind === kind).length, answers.length);
  });
}

for (
  const [name, slow] of [
    ["reads nothing", { ...standsStill(readsByte.start), isDeaf: true }],
    ["reads byte by byte", readsByte],
  ] as const
) {
  Deno.test(`listen() cuts who ${name}, and serves others meanwhile`, async () => {
    await using server = await serve({ limits: { writeTimeoutMs: 300 } }, handler);
    const cut = () => server.ends.filter(({ error }) => error?.kind === "client_gone").length;
    const { served } = await endure(server.port, slow, () => cut() === 10);
    assert(served > 1);
    assertEquals(cut(), 10);
  });
}

/** What a new connection gets: an answer, or nothing where there are too many. */
async function tryOnce(port: number, hostname = "127.0.0.1"): Promise<RawConnection | null> {
  const client = new RawConnection(await Deno.connect({ hostname, port }));
  try {
    await client.send(GET);
    assertEquals((await client.readMessage()).body, "ok");
    return client;
  } catch {
    client.close();
    return null;
  }
}

/** A connection that is served, as soon as there is room for one. */
async function untilServed(port: number): Promise<RawConnection> {
  const start = performance.now();
  for (;;) {
    const client = await tryOnce(port);
    if (client !== null) return client;
    assert(performance.now() - start < SOON_MS, "there is room again");
  }
}

Deno.test("listen() has no more connections than maxConnections", async () => {
  await using server = await serve({ maxConnections: 3 }, handler);
  const open = await Promise.all([1, 2, 3].map(() => tryOnce(server.port)));
  assertEquals(open.includes(null), false);
  assertEquals(await tryOnce(server.port), null);
  open[0]?.close();
  using next = await untilServed(server.port);
  // Those that are open go on.
  for (const client of [open[1], open[2], next]) {
    await client?.send(GET);
    assertEquals((await client?.readMessage())?.body, "ok");
    client?.close();
  }
});

Deno.test("listen() has no more connections from an address than maxConnectionsPerAddress", async () => {
  await using server = await serve({ address: "[::]:0", maxConnectionsPerAddress: 2 }, handler);
  const one = await tryOnce(server.port, "127.0.0.1");
  const two = await tryOnce(server.port, "127.0.0.1");
  const three = await tryOnce(server.port, "127.0.0.1");
  const other = await tryOnce(server.port, "::1");
  assertEquals([one, two, three, other].map((client) => client !== null), [
    true,
    true,
    false,
    true,
  ]);
  one?.close();
  using again = await untilServed(server.port);
  assert(again !== two);
  two?.close();
  other?.close();
});

Deno.test("listen() does not take the clients of a unix socket for one address", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/s`;
  await using _server = await serve(
    { address: `unix:${path}`, maxConnectionsPerAddress: 1 },
    handler,
  );
  const clients: RawConnection[] = [];
  for (let i = 0; i < 3; i++) {
    const client = new RawConnection(await Deno.connect({ transport: "unix", path }));
    clients.push(client);
    await client.send(GET);
    assertEquals((await client.readMessage()).body, "ok");
  }
  for (const client of clients) client.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listen() closes a connection behind maxRequests", async () => {
  await using server = await serve({ limits: { maxRequests: 2 } }, handler);
  using client = await rawClient(server.port);
  await client.send(GET + GET + GET);
  const all = await client.readToEnd();
  assertEquals(all.match(/^HTTP\/1\.1 200 |okHTTP\/1\.1 200 /g)?.length, 2);
  assertMatch(all, /\r\nconnection: close\r\n\r\nok$/);
  assertEquals(server.ends.length, 2);
});

Deno.test("listen() refuses a limit that makes no sense", async () => {
  for (
    const limits of [{ maxHeadBytes: 0 }, { headTimeoutMs: 0 }, { minBytesPerSecond: -1 }, {
      maxFields: 0.5,
    }]
  ) {
    let isRefused = false;
    try {
      await (await serve({ limits }, handler)).listener.close();
    } catch (error) {
      isRefused = error instanceof RangeError;
    }
    assert(isRefused, JSON.stringify(limits));
  }
});

Deno.test("listen() does not wait for a TLS handshake that stands still, neither serving nor closing", async () => {
  for (const isLate of [true, false]) {
    const limits = { headTimeoutMs: isLate ? 200 : 60_000 };
    await using server = await serve({ tls: testTls, limits }, handler);
    using silent = await rawClient(server.port);
    await silent.send("\x16\x03\x01");
    using other = new RawConnection(
      await Deno.connectTls({ hostname: "localhost", port: server.port, caCerts: [testTls.cert] }),
    );
    await other.send(GET);
    assertEquals((await other.readMessage()).body, "ok");
  }
});
