import { assertEquals } from "@std/assert";
import { listen, type Listener, type Reply, reply } from "../../core/mod.ts";
import { LoadBalancer, type LoadBalancerOptions } from "../../loadbalancing/mod.ts";
import { HttpProxy, type HttpProxyOptions } from "../../proxy/mod.ts";
import { sleep } from "../../timeout/mod.ts";
import { deadAddress } from "../support/ports.ts";
import { rawClient, type RawConnection, rawServer } from "../support/raw.ts";

/** A proxy with a balancer as its upstream, over real sockets. */
async function scene(
  backends: LoadBalancerOptions["backends"],
  options: Partial<HttpProxyOptions> = {},
) {
  const balancer = new LoadBalancer({ backends });
  const proxy = new HttpProxy({ upstream: balancer, ...options });
  const front: Listener = await listen({
    address: "127.0.0.1:0",
    engine: "wire",
    limits: { halfClosedGraceMs: 20 },
  }, proxy.handle);
  return {
    balancer,
    url: front.url,
    port: front.address.transport === "tcp" ? front.address.port : 0,
    leases: () => balancer.backends.backends.map(({ leases }) => leases),
    statistics: () =>
      balancer.backends.backends.map(({ statistics: { succeeded, failed, aborted } }) => [
        succeeded,
        failed,
        aborted,
      ]),
    async [Symbol.asyncDispose]() {
      await front.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** Waits until nothing is under way; what does not end fails by the test's own bound. */
async function idle(leases: () => number[]): Promise<void> {
  for (let n = 0; leases().some((count) => count > 0); n++) {
    if (n === 1_000) throw new Error(`Cannot wait longer: the leases are ${leases()}`);
    await sleep(5);
  }
}

Deno.test("HttpProxy with a balancer tries a host that was not tried, and counts both attempts", async () => {
  await using bad = await listen({ address: "127.0.0.1:0" }, () => reply(503));
  await using good = await listen({ address: "127.0.0.1:0" }, () => reply(200, "well"));
  await using running = await scene([deadAddress(), bad.url, good.url], {
    retry: { maxAttempts: 3, statuses: [503] },
  });
  for (let i = 0; i < 6; i++) assertEquals(await (await fetch(running.url)).text(), "well");
  await idle(running.leases);
  const [[, dead], [, failed], [succeeded]] = running.statistics();
  assertEquals([dead > 0, failed > 0, succeeded], [true, true, 6]);
});

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const ENDS: {
  name: string;
  /** What the upstream does on a connection. */
  upstream: (connection: RawConnection) => Promise<void>;
  /** What the client does; `leases` tells that the upstream is asked. */
  client: (client: RawConnection, underWay: () => Promise<void>) => Promise<void>;
  options?: Partial<HttpProxyOptions>;
  /** Succeeded, failed, aborted. */
  counted: [number, number, number];
}[] = [
  {
    name: "an answer that came whole",
    upstream: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    },
    client: async (client) => void await client.readUntil("ok"),
    counted: [1, 0, 0],
  },
  {
    name: "an answer that broke off",
    upstream: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\npart");
    },
    client: async (client) => void await client.readToEnd(),
    counted: [0, 1, 0],
  },
  {
    name: "a connection that ended without an answer",
    upstream: async (connection) => void await connection.readUntil("\r\n\r\n"),
    client: async (client) => void await client.readUntil("502"),
    counted: [0, 1, 0],
  },
  {
    name: "a timeout",
    upstream: async (connection) => void await connection.readToEnd(),
    client: async (client) => void await client.readUntil("504"),
    options: { timeouts: { headMs: 20 } },
    counted: [0, 1, 0],
  },
  {
    name: "a client that left while it waited",
    upstream: async (connection) => void await connection.readToEnd(),
    client: async (client, underWay) => {
      await underWay();
      client.close();
    },
    counted: [0, 0, 1],
  },
  {
    name: "a client that left in the middle of the answer",
    upstream: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\npart");
      await connection.readToEnd();
    },
    client: async (client) => {
      await client.readUntil("part");
      client.close();
    },
    counted: [0, 0, 1],
  },
  {
    name: "the end of an upgraded connection",
    upstream: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
      );
      await connection.send(await connection.readUntil("hello"));
      await connection.readToEnd();
    },
    client: async (client, underWay) => {
      await client.readUntil("101 Switching Protocols");
      await client.send("hello");
      await client.readUntil("hello");
      await underWay();
      client.close();
    },
    counted: [1, 0, 0],
  },
];
for (const { name, upstream, client: act, options, counted } of ENDS) {
  Deno.test(`HttpProxy gives the lease of a balancer back behind ${name}`, async () => {
    await using origin = rawServer(upstream);
    await using running = await scene([origin.address], options);
    using client = await rawClient(running.port);
    const isUpgrade = name.includes("upgraded");
    await client.send(
      isUpgrade ? GET.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n") : GET,
    );
    await act(client, async () => {
      while (running.leases()[0] === 0) await sleep(5);
    });
    await idle(running.leases);
    assertEquals(running.statistics(), [counted]);
  });
}

Deno.test("HttpProxy gives the lease back of each of many clients that leave", async () => {
  const replies: ((reply: Reply) => void)[] = [];
  await using slow = await listen(
    { address: "127.0.0.1:0" },
    () => new Promise<Reply>((resolve) => replies.push(resolve)),
  );
  await using running = await scene([slow.url, { peer: slow.url, id: "again" }]);
  const clients = await Promise.all(Array.from({ length: 10 }, () => rawClient(running.port)));
  await Promise.all(clients.map((client) => client.send(GET)));
  while (running.leases().reduce((sum, count) => sum + count) < 10) await sleep(5);
  assertEquals(running.leases(), [5, 5]);
  for (const client of clients) client.close();
  await idle(running.leases);
  for (const resolve of replies) resolve(reply(200));
});
