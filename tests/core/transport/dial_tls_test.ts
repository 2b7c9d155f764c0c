import { assert, assertEquals } from "@std/assert";
import { createServer } from "node:tls";
import {
  AddressCache,
  CancelSource,
  type Http1Transport,
  http1Transport,
  type Peer,
  type PeerTls,
  systemDial,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { findProgram, needs } from "../../support/needs.ts";
import { rawServer } from "../../support/raw.ts";
import { kindOf, send, textOf } from "./_http1_tools.ts";
import { makePki } from "./_pki.ts";

// TLS to upstreams, with certificates of an own authority.

async function makeCertificates() {
  await using pki = await makePki();
  return {
    ca: pki.ca,
    own: await pki.issue({ name: "app", altName: "DNS:app.test" }),
    byAddress: await pki.issue({ name: "address", altName: "IP:127.0.0.1" }),
    expired: await pki.issue({ name: "old", altName: "DNS:app.test", isExpired: true }),
    client: await pki.issue({ name: "client", altName: "DNS:client.test" }),
  };
}

const NONE = { cert: "", key: "" };
const { ca, own, byAddress, expired, client } = findProgram("openssl") === null
  ? { ca: "", own: NONE, byAddress: NONE, expired: NONE, client: NONE }
  : await makeCertificates();

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs("openssl", name), fn });
}

/** A transport that finds every name on this machine. */
function local(): Http1Transport {
  const addresses = new AddressCache({
    resolver: { lookup: () => Promise.resolve(["127.0.0.1"]), ttlMs: () => Promise.resolve(null) },
  });
  return http1Transport({ dial: systemDial({ addresses }) });
}

/** Tells in each answer what it knows of the handshake. */
async function secureServer(
  options: { cert: string; key: string; clientAuthority?: string },
): Promise<AsyncDisposable & { port: number; handshakes: () => number }> {
  let handshakes = 0;
  const { cert, key, clientAuthority } = options;
  const server = createServer({
    cert,
    key,
    ALPNProtocols: ["h2", "http/1.1"],
    ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true }),
  }, (socket) => {
    handshakes++;
    socket.on("error", () => {});
    socket.on("data", () => {
      const subject = socket.getPeerCertificate()?.subject?.CN ?? "";
      // Node has it, its types do not.
      const name = "servername" in socket && socket.servername ? String(socket.servername) : "-";
      const text = [name, socket.alpnProtocol, subject].join(" ");
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    });
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  assert(address !== null && typeof address === "object");
  return {
    port: address.port,
    handshakes: () => handshakes,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function peerAt(port: number, hostname: string, tls: PeerTls = { caCerts: [ca] }): Peer {
  return { hostname, port, transport: "tcp", scheme: "https", tls };
}

test("http1Transport speaks TLS, asks for the host name and for http/1.1", async () => {
  await using server = await secureServer(own);
  await using transport = local();
  const peer = peerAt(server.port, "app.test");
  for (let i = 0; i < 3; i++) {
    assertEquals(await textOf(await send(transport, peer)), "app.test http/1.1 ");
  }
  assertEquals([server.handshakes(), transport.statistics().reused], [1, 2]);
});

test("http1Transport verifies another name than the host's where the peer has one", async () => {
  await using server = await secureServer(own);
  await using transport = local();
  const peer = peerAt(server.port, "127.0.0.1", { caCerts: [ca], serverName: "app.test" });
  assertEquals(await textOf(await send(transport, peer)), "app.test http/1.1 ");
});

test("http1Transport verifies an address against a certificate for it", async () => {
  await using server = await secureServer(byAddress);
  await using transport = local();
  assertEquals(
    await textOf(await send(transport, peerAt(server.port, "127.0.0.1"))),
    "- http/1.1 ",
  );
});

test("http1Transport shows its certificate, with the name of the peer beside its address", async () => {
  await using server = await secureServer({ ...own, clientAuthority: ca });
  await using transport = local();
  for (
    const [hostname, serverName] of [["app.test", undefined], ["127.0.0.1", "app.test"]] as const
  ) {
    const peer = peerAt(server.port, hostname, { caCerts: [ca], serverName, ...client });
    assertEquals(await textOf(await send(transport, peer)), "app.test http/1.1 client");
  }
});

test("http1Transport tells of a server that wants a certificate and gets none", async () => {
  await using server = await secureServer({ ...own, clientAuthority: ca });
  await using transport = local();
  // With TLS 1.3 the server says so after the handshake: in the place of an answer, or by its leaving.
  const kind = await kindOf(send(transport, peerAt(server.port, "app.test"), { method: "POST" }));
  assert(kind === "tls_failed" || kind === "connection_reset", kind);
  assertEquals(transport.statistics().open, 0);
});

const invalid: {
  name: string;
  cert: { cert: string; key: string };
  hostname: string;
  tls: PeerTls;
}[] = [
  { name: "another name", cert: own, hostname: "b.test", tls: { caCerts: [ca] } },
  {
    name: "an address that it is not for",
    cert: own,
    hostname: "127.0.0.1",
    tls: { caCerts: [ca] },
  },
  {
    name: "another name, with a client certificate",
    cert: own,
    hostname: "b.test",
    tls: { caCerts: [ca], ...client },
  },
  { name: "an unknown authority", cert: own, hostname: "app.test", tls: {} },
  { name: "an expired certificate", cert: expired, hostname: "app.test", tls: { caCerts: [ca] } },
];

for (const { name, cert, hostname, tls } of invalid) {
  test(`http1Transport refuses ${name}: tls_certificate_invalid`, async () => {
    await using server = await secureServer(cert);
    await using transport = local();
    const kind = await kindOf(send(transport, peerAt(server.port, hostname, tls)));
    assertEquals([kind, transport.statistics().open], ["tls_certificate_invalid", 0]);
  });
}

test("http1Transport tells of an upstream that speaks no TLS: tls_failed", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readBytes(5);
    await connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  await using transport = local();
  assertEquals(await kindOf(send(transport, peerAt(upstream.port, "app.test"))), "tls_failed");
});

test("http1Transport tells of an upstream that leaves in the handshake: tls_failed", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readBytes(5);
  });
  await using transport = local();
  assertEquals(await kindOf(send(transport, peerAt(upstream.port, "app.test"))), "tls_failed");
});

test("http1Transport waits no longer for a handshake than for a connection: connect_timeout", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readToEnd();
  });
  await using transport = local();
  const options = { connectTimeoutMs: 50 };
  const kind = await kindOf(send(transport, peerAt(upstream.port, "app.test"), { options }));
  assertEquals([kind, transport.statistics().open], ["connect_timeout", 0]);
});

test("http1Transport gives a handshake up when its exchange is cancelled", async () => {
  const begun = Promise.withResolvers<void>();
  await using upstream = rawServer(async (connection) => {
    await connection.readBytes(5);
    begun.resolve();
    await connection.readToEnd();
  });
  await using transport = local();
  const cancel = new CancelSource();
  const answer = kindOf(
    send(transport, peerAt(upstream.port, "app.test"), { options: { cancel } }),
  );
  await begun.promise;
  cancel.cancel(new ProxyError("client_gone"));
  // The socket itself is with Deno until the other side ends it (a limit of Deno 2.9, measured).
  assertEquals([await answer, transport.statistics().open], ["client_gone", 0]);
});

test("http1Transport refuses half a client certificate", async () => {
  await using transport = local();
  const peer = peerAt(1, "app.test", { cert: client.cert });
  assertEquals(await kindOf(send(transport, peer)), "internal");
});

test("http1Transport refuses a client certificate that is none: tls_failed", async () => {
  await using server = await secureServer(own);
  await using transport = local();
  const peer = peerAt(server.port, "app.test", { caCerts: [ca], cert: "x", key: "y" });
  assertEquals(await kindOf(send(transport, peer)), "tls_failed");
});

test("http1Transport refuses a server name that is none: tls_failed", async () => {
  await using server = await secureServer(own);
  await using transport = local();
  const peer = peerAt(server.port, "127.0.0.1", { caCerts: [ca], serverName: "a b" });
  assertEquals(await kindOf(send(transport, peer)), "tls_failed");
});

test("http1Transport tells content that TLS cuts off from the whole", async () => {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...own });
  const serving = (async () => {
    for await (const conn of listener) {
      await conn.read(new Uint8Array(1_000));
      await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
      conn.close();
    }
  })();
  try {
    await using transport = local();
    const reply = await send(transport, peerAt(listener.addr.port, "app.test"));
    assertEquals(await kindOf(textOf(reply)), "upstream_body_broken");
  } finally {
    listener.close();
    await serving.catch(() => {});
  }
});

Deno.test("systemDial() does not speak TLS over a unix socket", async () => {
  const peer: Peer = { hostname: "/tmp/none.sock", port: 0, transport: "unix", scheme: "https" };
  assertEquals(await kindOf(systemDial()(peer, { cancel: new CancelSource() })), "internal");
});
