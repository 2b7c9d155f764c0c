import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { HttpService, listen, reply, Server, ServiceError } from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { tempProject } from "../../support/temp_project.ts";
import { testTls } from "../listen/_certificate.ts";
import { recordingLogger } from "./_recorder.ts";

const quiet = { logger: recordingLogger() };
const hello = () => reply(200, "hello");

Deno.test("HttpService listens on TCP, TLS and a unix socket at once", async () => {
  await using folder = await tempProject({});
  const service = new HttpService("all", ({ client }) => reply(200, client.scheme))
    .addTcp("127.0.0.1:0")
    .addTls("127.0.0.1:0", testTls)
    .addUnix(`${folder.root}/a.sock`)
    .addUnix(`unix:${folder.root}/b.sock`);
  const logger = recordingLogger();
  const server = new Server({ logger }).addService(service);
  await server.start();
  const [plain, tls, ...sockets] = service.listeners;
  assertEquals(sockets.map(({ url }) => url.slice(-6)), ["a.sock", "b.sock"]);
  assertEquals(await (await fetch(plain.url)).text(), "http");
  using client = Deno.createHttpClient({ caCerts: [testTls.cert] });
  assertEquals(await (await fetch(tls.url, { client })).text(), "https");
  assertEquals(logger.lines.filter((line) => line === "info listening").length, 4);
  assertEquals((await server.stop()).exitCode, 0);
  assertEquals([...Deno.readDirSync(folder.root)].length, 0);
});

Deno.test("HttpService names itself and leaves nothing open when one address is taken", async () => {
  await using taken = await listen({ address: "127.0.0.1:0" }, hello);
  const service = new HttpService("api", hello).addTcp("127.0.0.1:0").addTcp(taken.address);
  const server = new Server(quiet).addService(service);
  const error = await assertRejects(() => server.start(), ServiceError);
  assertStringIncludes(error.message, 'Cannot start service "api": Cannot listen on 127.0.0.1:');
  assertStringIncludes(error.message, "the port is taken");
  assertEquals(service.listeners, []);
});

Deno.test("HttpService refuses to start without an address", async () => {
  const server = new Server(quiet).addService(new HttpService("api", hello));
  await assertRejects(() => server.start(), ServiceError, '"api": it has no address');
});

Deno.test("HttpService throws when an address is malformed or comes too late", async () => {
  const service = new HttpService("api", hello);
  assertThrows(() => service.addTcp("8080"), TypeError, "Cannot parse listen address");
  assertThrows(() => service.addUnix(""), TypeError, "the path is missing");
  await using server = new Server(quiet).addService(service.addTcp("127.0.0.1:0"));
  await server.start();
  assertThrows(() => service.addTcp(":0"), Error, "it has been started");
});

Deno.test("HttpService logs what its handler throws, the client's faults only for debugging", async () => {
  const logger = recordingLogger();
  const service = new HttpService("api", ({ request }) => {
    throw request.target === "/theirs" ? new ProxyError("rate_limited") : new Error("ours");
  }).addTcp("127.0.0.1:0");
  await using server = new Server({ logger }).addService(service);
  await server.start();
  const [{ url }] = service.listeners;
  for (const target of ["/ours", "/theirs"]) await (await fetch(url + target)).text();
  assertEquals(logger.lines.slice(2), ["error request failed", "debug request failed"]);
});

Deno.test("HttpService gives its options to every address, and an address has its own", async () => {
  const seen: string[] = [];
  const service = new HttpService("api", hello, { onReply: () => void seen.push("service") })
    .addTcp("127.0.0.1:0")
    .addTcp("127.0.0.1:0", { onReply: () => void seen.push("address") });
  await using server = new Server(quiet).addService(service);
  await server.start();
  for (const { url } of service.listeners) await (await fetch(url)).text();
  assertEquals(seen, ["service", "address"]);
});

Deno.test("Server.stop() drains its HTTP services and counts what was cut", async () => {
  const entered = Promise.withResolvers<void>();
  const service = new HttpService("api", () => {
    entered.resolve();
    return new Promise(() => {});
  }).addTcp("127.0.0.1:0");
  const server = new Server(quiet).addService(service);
  await server.start();
  const response = fetch(service.listeners[0].url);
  await entered.promise;
  assertEquals(service.inFlight, 1);
  const { exitCode, problems } = await server.stop({ deadlineMs: 1 });
  assertEquals(problems, ['Service "api" had 1 unfinished when the time was over']);
  assertEquals(exitCode, 1);
  const { status, body } = await response;
  await body?.cancel();
  assertEquals([status, service.inFlight], [503, 0]);
});
