import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import {
  accessLog,
  createLogger,
  listen,
  memoryTransport,
  reply,
  Server,
  ServiceError,
} from "../../../core/mod.ts";
import { ProxyService } from "../../../proxy/service/mod.ts";
import { deadAddress } from "../../support/ports.ts";
import { rawClient } from "../../support/raw.ts";
import { testTls } from "../../core/listen/_certificate.ts";
import { startService } from "./_service.ts";

const quiet = () => new Server({ logger: createLogger({ sink: { write() {} } }) });

async function getText(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

Deno.test("ProxyService listens on every address that was added, and tells where", async () => {
  const folder = await Deno.makeTempDir();
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(200, "hello"));
  const service = new ProxyService("test", { upstreams: [upstream.url] })
    .addTcp("127.0.0.1:0")
    .addTls("127.0.0.1:0", testTls)
    .addUnix(`${folder}/x.sock`);
  {
    await using server = quiet();
    await server.addService(service).start();
    const [tcp, tls, unix] = service.listeners.map(({ url }) => url);
    assertMatch(tcp, /^http:\/\/127\.0\.0\.1:\d+$/);
    assertMatch(tls, /^https:\/\/127\.0\.0\.1:\d+$/);
    assertEquals(unix, `unix:${folder}/x.sock`);
    using trusting = Deno.createHttpClient({ caCerts: [testTls.cert] });
    using overSocket = Deno.createHttpClient({
      proxy: { transport: "unix", path: `${folder}/x.sock` },
    });
    assertEquals(await getText(tcp), "hello");
    assertEquals(await (await fetch(tls, { client: trusting })).text(), "hello");
    assertEquals(await (await fetch("http://a/", { client: overSocket })).text(), "hello");
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("ProxyService sends another attempt to an upstream that was not tried", async () => {
  const dead = deadAddress();
  await using alive = await listen({ address: "127.0.0.1:0" }, () => reply(200, "alive"));
  await using running = await startService({ upstreams: [dead, alive.url] });
  for (let i = 0; i < 4; i++) assertEquals(await getText(running.url), "alive");
  // The dead one had its turn at every second attempt, and never twice in one exchange.
  assert(running.metric("pingo_upstream_attempts_total") > 4);
  assert(running.metric("pingo_upstream_attempts_total") <= 8);
});

Deno.test("ProxyService takes the options of HttpProxy", async () => {
  await using running = await startService({
    upstreams: ["app:80"],
    transport: memoryTransport({
      "app:80": ({ request }) => reply(200, request.headers.get("x-user") ?? "nobody"),
    }),
    newState: () => ({ user: "ann" }),
    filters: [{
      upstreamRequest: (_exchange, head) => head.headers.set("x-user", "ann"),
      response: (_exchange, head) => head.headers.set("x-filtered", "1"),
    }],
    middleware: [(next) => async (exchange) => {
      const answer = await next(exchange);
      answer.headers.set("x-wrapped", "1");
      return answer;
    }],
  });
  const response = await fetch(running.url);
  assertEquals([response.headers.get("x-filtered"), response.headers.get("x-wrapped")], ["1", "1"]);
  assertEquals(await response.text(), "ann");
});

Deno.test("ProxyService shows its observers requests too that no phase sees", async () => {
  const lines: string[] = [];
  const log = accessLog({ write: (line) => void lines.push(line) }, {
    format: ({ status }) => `${status}`,
  });
  await using running = await startService({ upstreams: ["127.0.0.1:1"], observers: [log] });
  using client = await rawClient(running.port);
  await client.send("GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
  assertMatch(await client.readToEnd(), /^HTTP\/1\.1 400 /);
  await running.server.stop();
  assertEquals([lines, running.ends.length], [["400"], 0]);
  assertEquals(running.metric("pingo_http_requests_total"), 1);
  assertEquals(running.metric("pingo_http_requests_in_flight"), 0);
});

Deno.test("ProxyService logs what a finished hook throws, and lives on", async () => {
  await using running = await startService({
    upstreams: ["app:80"],
    transport: memoryTransport(() => reply(200, "fine")),
    filters: [{
      finished() {
        throw new Error("a defect");
      },
    }],
  });
  assertEquals(await getText(running.url), "fine");
  assertEquals(await getText(running.url), "fine");
  await running.whenEnded(2);
  const told = running.log.filter((line) => line.includes("finished hook failed"));
  assertEquals(told.length, 2);
  assertStringIncludes(told[0], "a defect");
});

Deno.test("ProxyService finishes what is in flight when the server stops", async () => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using running = await startService({
    upstreams: ["app:80"],
    transport: memoryTransport(async () => {
      arrived.resolve();
      await release.promise;
      return reply(200, "finished");
    }),
  });
  const answer = getText(running.url);
  await arrived.promise;
  assertEquals(running.service.inFlight, 1);
  const stopping = running.server.stop();
  release.resolve();
  assertEquals(await answer, "finished");
  assertEquals(await stopping, { exitCode: 0, problems: [] });
  assertEquals(running.service.inFlight, 0);
});

Deno.test("ProxyService starts after the services that it depends on", async () => {
  const order: string[] = [];
  const service = new ProxyService("proxy", {
    upstreams: ["127.0.0.1:1"],
    dependsOn: ["first"],
  }).addTcp("127.0.0.1:0");
  await using server = new Server({
    logger: createLogger({ sink: { write: (line) => order.push(line) } }),
  });
  server.addServices([service, {
    name: "first",
    start: () => void order.push("first is ready"),
  }]);
  await server.start();
  assertEquals(order[0], "first is ready");
  assertMatch(order[1], /listening service=proxy/);
});

Deno.test("ProxyService fails to start in one line when its port is taken", async () => {
  await using other = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  await using server = quiet();
  const { host } = new URL(other.url);
  server.addService(new ProxyService("api", { upstreams: ["127.0.0.1:1"] }).addTcp(host));
  const error = await server.start().then(() => null, (error: unknown) => error);
  assert(error instanceof ServiceError);
  assertEquals(
    error.message,
    `Cannot start service "api": Cannot listen on ${host}: the port is taken`,
  );
});

const refused: { name: string; make: () => unknown; message: string }[] = [
  {
    name: "there is no upstream",
    make: () => new ProxyService("a", { upstreams: [] }),
    message: "upstreams is empty",
  },
  {
    name: "an upstream has no port",
    make: () => new ProxyService("a", { upstreams: ["localhost"] }),
    message: "it has no port",
  },
  {
    name: "an address is malformed",
    make: () => new ProxyService("a", { upstreams: ["a:1"] }).addTcp("8080"),
    message: `write ":8080"`,
  },
  {
    name: "a path is empty",
    make: () => new ProxyService("a", { upstreams: ["a:1"] }).addUnix(""),
    message: "the path is missing",
  },
];
for (const { name, make, message } of refused) {
  Deno.test(`ProxyService refuses at once when ${name}`, () => {
    assertThrows(make, TypeError, message);
  });
}
