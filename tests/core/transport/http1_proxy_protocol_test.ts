import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  CancelSource,
  type Client,
  fetchTransport,
  http1Transport,
  listen,
  parseProxyHeader,
  peer,
  readText,
  reply,
  requestHead,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { HttpProxy } from "../../../proxy/mod.ts";
import { rawServer } from "../../support/raw.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function clientAt(address: string, port: number): Client {
  return { address, port, transport: "tcp", scheme: "http" };
}

Deno.test("http1Transport sends a PROXY v1 header before the first request of a connection", async () => {
  const seen: string[] = [];
  await using upstream = rawServer(async (connection) => {
    for (;;) {
      seen.push(await connection.readUntil("\r\n\r\n"));
      await connection.send(OK);
    }
  });
  await using transport = http1Transport();
  const target = peer(upstream.address, { proxyProtocol: "v1" });
  const ask = async (client: Client | null) => {
    const answer = await transport.exchange(requestHead({ authority: "a" }), null, {
      peer: target,
      client,
      cancel: new CancelSource(),
    });
    return answer.body && await readText(answer.body);
  };
  const ann = clientAt("192.0.2.1", 4711);
  assertEquals([await ask(ann), await ask(ann)], ["ok", "ok"]);
  assertMatch(seen[0], /^PROXY TCP4 192\.0\.2\.1 \S+ 4711 \d+\r\nGET \/ HTTP\/1\.1\r\n/);
  // The same client's connection is used again; no other client's request goes over it.
  assertMatch(seen[1], /^GET \/ HTTP\/1\.1\r\n/);
  await ask(clientAt("192.0.2.1", 4712));
  assertMatch(seen[2], /^PROXY TCP4 192\.0\.2\.1 \S+ 4712 /);
  await ask(null);
  assertMatch(seen[3], /^PROXY UNKNOWN\r\nGET /);
  assertEquals(upstream.count, 3);
});

Deno.test("HttpProxy tells an upstream of its client by PROXY v2", async () => {
  const seen: (string | undefined)[] = [];
  await using upstream = rawServer(async (connection) => {
    const start = await connection.readBytes(16);
    const length = start.charCodeAt(14) * 256 + start.charCodeAt(15);
    const all = start + await connection.readBytes(length);
    const parsed = parseProxyHeader(Uint8Array.from(all, (c) => c.charCodeAt(0)));
    seen.push(parsed?.header.source?.address);
    await connection.readUntil("\r\n\r\n");
    await connection.send(OK);
  });
  await using proxy = new HttpProxy({
    upstream: peer(upstream.address, { proxyProtocol: "v2" }),
  });
  await using listener = await listen({ address: "127.0.0.1:0" }, proxy.handle);
  assertEquals(await (await fetch(listener.url)).text(), "ok");
  assertEquals(seen, ["127.0.0.1"]);
});

Deno.test("http1Transport and listen understand each other's PROXY headers", async () => {
  for (const proxyProtocol of ["v1", "v2"] as const) {
    await using listener = await listen({
      address: "127.0.0.1:0",
      proxyProtocol: { trusted: ["loopback"] },
    }, ({ client }) => reply(200, `${client.address}:${client.port}`));
    await using transport = http1Transport();
    const answer = await transport.exchange(requestHead({ authority: "a" }), null, {
      peer: peer(listener.url, { proxyProtocol }),
      client: clientAt("2001:db8::1", 4711),
      cancel: new CancelSource(),
    });
    assertEquals(answer.body && await readText(answer.body), "2001:db8::1:4711");
  }
});

Deno.test("fetchTransport refuses a peer with the PROXY protocol", async () => {
  await using transport = fetchTransport();
  const target = peer("127.0.0.1:1", { proxyProtocol: "v1" });
  const answer = () =>
    transport.exchange(requestHead({ authority: "a" }), null, {
      peer: target,
      cancel: new CancelSource(),
    });
  await assertRejects(answer, ProxyError, "PROXY");
});
