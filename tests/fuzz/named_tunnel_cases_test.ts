// What the fuzz, the fault injection and reading have found once: each is a case of its own from then on.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { drain, reply, type Tunnel } from "../../core/mod.ts";
import { serveInMemory } from "./_memory_server.ts";
import { GET, statuses } from "./_named.ts";

/** A tunnel that sends nothing and notes what it gets. */
function silentTunnel(seen: string[] = []): Tunnel {
  const { promise: closed, resolve } = Promise.withResolvers<null>();
  const decoder = new TextDecoder();
  return {
    read: () => closed,
    write: (bytes) => Promise.resolve(void seen.push(decoder.decode(bytes))),
    closeWrite: () => Promise.resolve(resolve(null)),
    close: () => resolve(null),
  };
}

function switching(tunnel = silentTunnel()) {
  return {
    ...reply(101, null, { headers: { upgrade: "x", connection: "upgrade" } }),
    tunnel,
  };
}

const UPGRADE = "Host: a\r\nConnection: upgrade\r\nUpgrade: x\r\n";

Deno.test("the head of an upgrade can be read when its tunnel ends", async () => {
  for (const fill of [0, 2_000, 20_000]) {
    const heads: (string | null)[] = [];
    const server = serveInMemory((exchange) => {
      exchange.onEnd(() => heads.push(exchange.request.headers.get("user-agent")));
      return switching();
    });
    const fields = `User-Agent: curl\r\nX: ${"f".repeat(fill)}\r\n`;
    server.client.send(`GET / HTTP/1.1\r\n${UPGRADE}${fields}\r\n`);
    await server.settle();
    server.client.send("#".repeat(60_000));
    server.client.end();
    await server.ended();
    assertEquals(heads, ["curl"]);
  }
});

Deno.test("content of an upgrade never gets into its tunnel", async () => {
  const framed = [
    "Content-Length: 5\r\n\r\nhello",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  ];
  for (const content of framed) {
    for (const [isRead, isSplit] of [[true, true], [true, false], [false, true], [false, false]]) {
      const seen: string[] = [];
      const server = serveInMemory(async ({ body }) => {
        if (isRead && body !== null) await drain(body);
        return switching(silentTunnel(seen));
      });
      const text = `POST / HTTP/1.1\r\n${UPGRADE}${content}`;
      const end = text.indexOf("\r\n\r\n") + 4;
      if (isSplit) server.client.send(text.slice(0, end));
      await server.settle();
      server.client.send(`${isSplit ? text.slice(end) : text}tunnelled`);
      server.client.end();
      await server.ended();
      assertEquals(seen.join(""), "tunnelled");
      assertEquals(statuses(server.received), [101]);
    }
  }
});

Deno.test("an upgrade whose content does not come is refused", async () => {
  for (const content of ["Content-Length: 5", "Content-Length: 5\r\nExpect: 100-continue"]) {
    const tunnel = silentTunnel();
    const server = serveInMemory(() => switching(tunnel));
    server.client.send(`POST / HTTP/1.1\r\n${UPGRADE}${content}\r\n\r\n`);
    await server.pass(35_000);
    await server.ended();
    assertMatch(server.received, /^HTTP\/1\.1 4\d\d /);
    assertEquals(await tunnel.read(), null, "the tunnel is closed");
  }
});

Deno.test("a tunnel that nobody asked for is the handler's fault", async () => {
  for (const fields of ["Host: a\r\n", "Host: a\r\nUpgrade: x\r\n"]) {
    const tunnel = silentTunnel();
    const server = serveInMemory(() => switching(tunnel));
    server.client.send(`GET / HTTP/1.1\r\n${fields}\r\n`);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [500]);
    assertEquals(await tunnel.read(), null, "it is closed");
  }
});

Deno.test("a tunnel is closed when its client left before the 101", async () => {
  const tunnel = silentTunnel();
  const server = serveInMemory(() => switching(tunnel), {
    fault: (_, call) => call === "write" ? "reset" : undefined,
  });
  server.client.send(`GET / HTTP/1.1\r\n${UPGRADE}\r\n`);
  await server.ended();
  assertEquals(await tunnel.read(), null);
});

Deno.test("a CONNECT that is answered without a tunnel is refused, and what follows is no request", async () => {
  for (const status of [200, 204, 299, 403]) {
    const server = serveInMemory(() => reply(status));
    server.client.send(`CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n${GET}`);
    server.client.end();
    await server.ended();
    assertEquals(statuses(server.received), [status === 403 ? 403 : 501]);
    assertStringIncludes(server.received, "connection: close\r\n");
    assertEquals(server.begun, 1);
  }
});

Deno.test("the 2xx of a CONNECT has no framing", async () => {
  const server = serveInMemory(() => ({
    ...reply(200, null, { headers: { "content-length": "5" } }),
    tunnel: silentTunnel(),
  }));
  server.client.send(`CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n`);
  server.client.end();
  await server.ended();
  assertEquals(server.received, "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
});
