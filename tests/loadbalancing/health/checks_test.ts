import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelSource, type Dial, type Peer, peer, systemDial } from "../../../core/mod.ts";
import { httpCheck, type HttpCheckOptions, tcpCheck } from "../../../loadbalancing/mod.ts";
import { needs } from "../../support/needs.ts";
import { makePki } from "../../core/transport/_pki.ts";

const context = () => ({ id: "a", cancel: new CancelSource() });

/** A server that answers by path, and the requests that it got. */
function site() {
  const requests: Request[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    requests.push(request.clone());
    const { pathname } = new URL(request.url);
    const status = Number(pathname.slice(1)) || 200;
    if (pathname === "/long") return new Response(`${"x".repeat(100_000)}ok`);
    return new Response(status === 204 || status === 304 ? null : "all is ok", { status });
  });
  return {
    requests,
    peer: peer(`127.0.0.1:${server.addr.port}`),
    port: server.addr.port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function pass(peer: Peer, options: HttpCheckOptions): Promise<string> {
  await using check = httpCheck(options);
  return await check.check(peer, context()).then(() => "passes", (error) => error.message);
}

Deno.test("httpCheck() goes by the status", async () => {
  await using server = site();
  const results: [string, string][] = [];
  for (const path of ["/200", "/204", "/304", "/404", "/500"]) {
    results.push([path, await pass(server.peer, { path })]);
  }
  assertEquals(results, [
    ["/200", "passes"],
    ["/204", "passes"],
    ["/304", "passes"],
    ["/404", "Cannot pass the health check: status 404"],
    ["/500", "Cannot pass the health check: status 500"],
  ]);
  const statuses = [404, [500, 503]] as const;
  for (const [path, result] of [["/404", true], ["/503", true], ["/504", false], ["/200", false]]) {
    assertEquals((await pass(server.peer, { path: `${path}`, statuses })) === "passes", result);
  }
});

Deno.test("httpCheck() looks for a text or an expression in the content", async () => {
  await using server = site();
  assertEquals(await pass(server.peer, { body: "is ok" }), "passes");
  assertEquals(
    await pass(server.peer, { body: "is bad" }),
    "Cannot pass the health check: is bad is not in the content",
  );
  await using check = httpCheck({ body: /ALL is/gi });
  for (let n = 0; n < 2; n++) await check.check(server.peer, context());
  const missing = "Cannot pass the health check: ok is not in the content";
  assertEquals(await pass(server.peer, { path: "/long", body: "ok" }), missing);
  assertEquals(
    await pass(server.peer, { path: "/long", body: "ok", maxBodyBytes: 100_002 }),
    "passes",
  );
  assertEquals(await pass(server.peer, { path: "/204", body: "ok" }), missing);
});

Deno.test("httpCheck() reads no more of a content than maxBodyBytes", async () => {
  const chunk = new Uint8Array(10_000).fill(120);
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  const endless = () => new ReadableStream({ pull: (to) => to.enqueue(chunk), cancel });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    return new Response(endless());
  });
  assertEquals(
    await pass(peer(`127.0.0.1:${server.addr.port}`), { body: "ok", maxBodyBytes: 30_000 }),
    "Cannot pass the health check: ok is not in the content",
  );
  await cancelled;
  await server.shutdown();
});

Deno.test("httpCheck() sends what it is told to", async () => {
  await using server = site();
  await pass(server.peer, {});
  await pass(server.peer, {
    path: "/?deep=1",
    method: "HEAD",
    host: "app.example",
    headers: { "x-check": "1", "user-agent": "probe" },
  });
  const [plain, own] = server.requests;
  assertEquals([plain.method, new URL(plain.url).pathname], ["GET", "/"]);
  assertEquals(plain.headers.get("host"), `127.0.0.1:${server.port}`);
  assertEquals(plain.headers.get("user-agent"), "pingo-health-check");
  assertEquals(plain.headers.get("connection"), "close");
  assertEquals([own.method, new URL(own.url).search], ["HEAD", "?deep=1"]);
  assertEquals(own.headers.get("host"), "app.example");
  assertEquals([own.headers.get("x-check"), own.headers.get("user-agent")], ["1", "probe"]);
});

/** A dial that counts. */
function counting(): { dial: Dial; count: () => number } {
  let count = 0;
  const dial = systemDial();
  return { dial: (peer, options) => (count++, dial(peer, options)), count: () => count };
}

Deno.test("httpCheck() opens a connection for each check unless told to reuse one", async () => {
  await using server = site();
  for (const [reuseConnection, connections] of [[false, 3], [true, 1]] as const) {
    const { dial, count } = counting();
    await using check = httpCheck({ reuseConnection, dial });
    for (let n = 0; n < 3; n++) await check.check(server.peer, context());
    assertEquals(count(), connections);
  }
  assertEquals(server.requests.at(-1)?.headers.get("connection"), null);
});

Deno.test("httpCheck() and tcpCheck() go to another port where they are told to", async () => {
  await using server = site();
  const elsewhere = peer("127.0.0.1:1");
  assertEquals(await pass(elsewhere, { port: server.port }), "passes");
  await tcpCheck({ port: server.port }).check(elsewhere, context());
  await assertRejects(() => tcpCheck().check(elsewhere, context()), Error, "refused");
  const socket = peer("unix:/tmp/none.sock");
  assertEquals(
    await pass(socket, { port: 80 }),
    "Cannot check port 80 of unix:/tmp/none.sock: it has none",
  );
});

Deno.test("httpCheck() fails on what is no HTTP, and when it is cancelled", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const silent = context();
  const talking = (async () => {
    for (const answer of ["SSH-2.0-x\r\n", null]) {
      using conn = await listener.accept();
      await conn.read(new Uint8Array(1_024));
      if (answer !== null) await conn.write(new TextEncoder().encode(answer));
      else silent.cancel.cancel(new Error("too slow"));
    }
  })();
  const target = peer(`127.0.0.1:${listener.addr.port}`);
  await using check = httpCheck();
  await assertRejects(() => check.check(target, context()), Error, "Cannot");
  await assertRejects(() => check.check(target, silent), Error, "too slow");
  await talking;
});

Deno.test("tcpCheck() passes when somebody listens, also on a unix socket", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/app.sock`;
    using _listener = Deno.listen({ transport: "unix", path });
    await tcpCheck().check(peer(`unix:${path}`), context());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  ...needs("openssl", "httpCheck() and tcpCheck() speak TLS, with the name that they are told"),
  fn: async () => {
    await using pki = await makePki();
    const { cert, key } = await pki.issue({ name: "app", altName: "DNS:app.test" });
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
      () => new Response("ok"),
    );
    const address = `127.0.0.1:${server.addr.port}`;
    const tls = { serverName: "app.test", caCerts: [pki.ca] };
    assertEquals(await pass(peer(`https://${address}`, { tls }), {}), "passes");
    assertEquals(await pass(peer(address), { scheme: "https", tls }), "passes");
    const named = peer(`https://${address}`, { tls: { caCerts: [pki.ca] } });
    assertEquals(await pass(named, { tls: { serverName: "app.test" } }), "passes");
    const wrong = await pass(named, { tls: { serverName: "other.test" } });
    assertEquals(wrong.startsWith("Cannot speak TLS"), true, wrong);
    await tcpCheck().check(named, context());
    await tcpCheck({ handshake: true }).check(peer(address, { tls }), context());
    const bad = tcpCheck({ handshake: true }).check(peer(address), context());
    await assertRejects(() => bad, Error, "Cannot speak TLS");
  },
});

Deno.test("httpCheck() and tcpCheck() refuse options that make no sense", () => {
  const bad: [HttpCheckOptions, typeof Error, string][] = [
    [{ path: "a b" }, TypeError, "target"],
    [{ method: "G T" }, TypeError, "method"],
    [{ host: "a\r\nb: c" }, TypeError, ""],
    [{ headers: { "a b": "c" } }, TypeError, ""],
    [{ port: 0 }, RangeError, "port 0"],
    [{ port: 65_536 }, RangeError, "port"],
    [{ statuses: [] }, RangeError, "empty"],
    [{ statuses: [99] }, RangeError, "99"],
    [{ statuses: [[300, 200]] }, RangeError, "300 to 200"],
    [{ maxBodyBytes: 0 }, RangeError, "maxBodyBytes"],
  ];
  for (const [options, kind, text] of bad) assertThrows(() => httpCheck(options), kind, text);
  assertThrows(() => tcpCheck({ port: 1.5 }), RangeError, "port 1.5");
});
