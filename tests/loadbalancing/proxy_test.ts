import { assert, assertEquals, assertRejects } from "@std/assert";
import { listen, type Listener, reply } from "@pingo/pingo/core";
import {
  byHeader,
  LoadBalancer,
  type LoadBalancerOptions,
  StickySession,
} from "@pingo/pingo/loadbalancing";
import { HttpProxy } from "@pingo/pingo/proxy";
import { deadAddress } from "../support/ports.ts";

/** A proxy with a balancer, on a port of its own. */
async function front(
  options: LoadBalancerOptions,
): Promise<{ url: string; balancer: LoadBalancer } & AsyncDisposable> {
  const balancer = new LoadBalancer(options);
  const proxy = new HttpProxy({ upstream: balancer, retry: { maxAttempts: 3 } });
  const listener = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  return {
    url: listener.url,
    balancer,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function app(name: string): Promise<Listener> {
  return listen({ address: "127.0.0.1:0" }, () => reply(200, name));
}

/** A raw server: what it does with a connection once a request head has come. */
function rawApp(
  answer: (conn: Deno.Conn) => Promise<void>,
): { address: string } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const works: Promise<void>[] = [];
    for await (const conn of listener) {
      works.push((async () => {
        using connection = conn;
        await connection.read(new Uint8Array(4096));
        await answer(connection).catch(() => {});
      })());
    }
    await Promise.all(works);
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving.catch(() => {});
    },
  };
}

const encode = (text: string) => new TextEncoder().encode(text);

/** Waits until all leases are given back: an exchange may end just after its client saw it end. */
async function idle(balancer: LoadBalancer): Promise<void> {
  const { backends } = balancer.backends;
  const deadline = Date.now() + 5_000;
  while (backends.some(({ leases }) => leases > 0)) {
    assert(Date.now() < deadline, `leases: ${backends.map(({ leases }) => leases)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function total(balancer: LoadBalancer): { succeeded: number; failed: number; aborted: number } {
  const sum = { succeeded: 0, failed: 0, aborted: 0 };
  for (const { statistics } of balancer.backends.backends) {
    sum.succeeded += statistics.succeeded;
    sum.failed += statistics.failed;
    sum.aborted += statistics.aborted;
  }
  return sum;
}

Deno.test("LoadBalancer releases its leases when answers have come", async () => {
  await using one = await app("one");
  await using two = await app("two");
  await using proxy = await front({ backends: [one.url, two.url], method: "least_conn" });
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => await (await fetch(proxy.url)).text()),
  );
  assertEquals(answers.filter((answer) => answer === "one").length, 10);
  await idle(proxy.balancer);
  assertEquals(total(proxy.balancer), { succeeded: 20, failed: 0, aborted: 0 });
});

Deno.test("LoadBalancer releases the lease of each attempt of a retry, at another backend", async () => {
  await using one = await app("one");
  const dead = deadAddress();
  await using proxy = await front({ backends: [dead, one.url] });
  for (let i = 0; i < 6; i++) assertEquals(await (await fetch(proxy.url)).text(), "one");
  await idle(proxy.balancer);
  const { failed, succeeded } = proxy.balancer.backends.get(dead)?.statistics ??
    { failed: 0, succeeded: 0 };
  assert(failed >= 3 && succeeded === 0, `the dead one failed ${failed} times`);
  assertEquals(total(proxy.balancer).succeeded, 6);
});

Deno.test("LoadBalancer releases its leases when all attempts fail", async () => {
  const dead = [deadAddress(), deadAddress(), deadAddress()];
  await using proxy = await front({ backends: dead });
  const response = await fetch(proxy.url);
  await response.body?.cancel();
  assertEquals(response.status, 502);
  await idle(proxy.balancer);
  // Three attempts, none of them twice at one backend.
  const selected = proxy.balancer.backends.backends.map(({ statistics }) => statistics.selected);
  assertEquals(selected, [1, 1, 1]);
});

Deno.test("LoadBalancer answers 503 when nobody is there", async () => {
  await using proxy = await front({ backends: [] });
  const response = await fetch(proxy.url);
  await response.body?.cancel();
  assertEquals(response.status, 503);
});

Deno.test("LoadBalancer releases its lease when the client leaves in the middle", async () => {
  await using slow = rawApp(async (conn) => {
    await conn.write(encode("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin"));
    // Until the proxy closes.
    await conn.read(new Uint8Array(1));
  });
  await using proxy = await front({ backends: [slow.address] });
  const controller = new AbortController();
  const response = await fetch(proxy.url, { signal: controller.signal });
  assertEquals(proxy.balancer.backends.backends[0].leases, 1);
  controller.abort();
  await assertRejects(() => response.text());
  await idle(proxy.balancer);
  assertEquals(total(proxy.balancer), { succeeded: 0, failed: 0, aborted: 1 });
});

Deno.test("LoadBalancer releases its lease when the client leaves before an answer", async () => {
  const asked = Promise.withResolvers<void>();
  await using slow = rawApp(async (conn) => {
    asked.resolve();
    await conn.read(new Uint8Array(1));
  });
  await using proxy = await front({ backends: [slow.address] });
  const controller = new AbortController();
  const answer = fetch(proxy.url, { signal: controller.signal });
  await asked.promise;
  controller.abort();
  await assertRejects(() => answer);
  await idle(proxy.balancer);
  assertEquals(total(proxy.balancer), { succeeded: 0, failed: 0, aborted: 1 });
});

Deno.test("LoadBalancer releases its lease when the upstream breaks off", async () => {
  await using broken = rawApp(async (conn) => {
    await conn.write(encode("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin"));
  });
  await using proxy = await front({ backends: [broken.address] });
  const response = await fetch(proxy.url);
  await assertRejects(() => response.text());
  await idle(proxy.balancer);
  assertEquals(total(proxy.balancer), { succeeded: 0, failed: 1, aborted: 0 });
});

Deno.test("LoadBalancer holds the lease of an upgrade until the tunnel ends", async () => {
  await using upstream = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(`echo ${data}`);
      return response;
    },
  );
  await using proxy = await front({ backends: [`127.0.0.1:${upstream.addr.port}`] });
  const socket = new WebSocket(proxy.url.replace("http", "ws"));
  const echo = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => echo.resolve(data);
  socket.onclose = () => closed.resolve();
  assertEquals(await echo.promise, "echo hello");
  assertEquals(proxy.balancer.backends.backends[0].leases, 1);
  socket.close();
  await closed.promise;
  await idle(proxy.balancer);
  assertEquals(total(proxy.balancer).failed, 0);
});

Deno.test("LoadBalancer sends equal keys to one backend, over real connections", async () => {
  const names = ["one", "two", "three"];
  await using stack = new AsyncDisposableStack();
  const apps = await Promise.all(names.map(async (name) => stack.use(await app(name))));
  await using proxy = await front({
    backends: apps.map(({ url }) => url),
    method: "maglev",
    keyOf: byHeader("x-user"),
  });
  const homes = new Set<string>();
  for (let user = 0; user < 20; user++) {
    const headers = { "x-user": `user ${user}` };
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await (await fetch(proxy.url, { headers })).text());
    assertEquals(new Set(answers).size, 1);
    homes.add(answers[0]);
  }
  assert(homes.size > 1);
});

Deno.test("StickySession survives a retry: the client is bound to the backend that answered", async () => {
  await using one = await app("one");
  const dead = deadAddress();
  const balancer = new LoadBalancer({ backends: [dead, one.url] });
  using sticky = new StickySession(balancer, { secret: "a secret of 16 characters or more" });
  await using proxy = new HttpProxy({ upstream: sticky, middleware: [sticky.middleware] });
  await using listener = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  const response = await fetch(listener.url);
  assertEquals(await response.text(), "one");
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const before = balancer.backends.get(dead)?.statistics.selected;
  for (let i = 0; i < 4; i++) {
    const again = await fetch(listener.url, { headers: { cookie } });
    assertEquals([await again.text(), again.headers.get("set-cookie")], ["one", null]);
  }
  assertEquals(balancer.backends.get(dead)?.statistics.selected, before);
});
