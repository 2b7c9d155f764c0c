import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import tls from "node:tls";
import {
  parseProxyHeader,
  type ProxyHeader,
  type SocketEndpoint,
  writeProxyHeader,
} from "../../../core/mod.ts";
import { ipv4Bytes, ipv6Bytes } from "../../../core/proxy_protocol/_ip_address.ts";
import { needs } from "../../support/needs.ts";
import { rawServer } from "../../support/raw.ts";
import { testTls } from "../listen/_certificate.ts";
import { headerV1, headerV2 } from "./_arbitrary_header.ts";
import { bytesOf, concat } from "./_bytes.ts";
import { startHaproxy } from "./_haproxy.ts";

// HAProxy sends.

/** A server that tells the header of its first connection. */
function headerServer() {
  const { promise, resolve, reject } = Promise.withResolvers<ProxyHeader>();
  const server = rawServer(async ({ conn }) => {
    try {
      let bytes: Uint8Array = new Uint8Array(0);
      for (;;) {
        const parsed = parseProxyHeader(bytes);
        if (parsed !== null) return resolve(parsed.header);
        const chunk = new Uint8Array(1024);
        const count = await conn.read(chunk);
        assert(count !== null, "The connection ended inside of the header");
        bytes = concat(bytes, chunk.subarray(0, count));
      }
    } catch (error) {
      reject(error);
    }
  });
  return { server, header: promise };
}

const endOf = (address: Deno.NetAddr): SocketEndpoint => ({
  address: address.hostname,
  port: address.port,
});

for (const [option, version] of [["send-proxy", 1], ["send-proxy-v2", 2]] as const) {
  for (const [transport, hostname] of [["tcp4", "127.0.0.1"], ["tcp6", "::1"]] as const) {
    Deno.test({
      ...needs(
        "haproxy",
        `parseProxyHeader() reads what HAProxy's ${option} tells of a ${transport} client`,
      ),
      fn: async () => {
        const { server, header } = headerServer();
        await using _server = server;
        await using haproxy = await startHaproxy(({ port }) => [
          "listen a",
          `  bind ${hostname}:${port}`,
          `  server s ${server.address} ${option}`,
        ]);
        using client = await Deno.connect({ hostname, port: haproxy.port });
        assertEquals(await header, {
          version,
          isLocal: false,
          transport,
          source: endOf(client.localAddr),
          destination: endOf(client.remoteAddr),
          tlvs: {},
        });
      },
    });
  }

  Deno.test({
    ...needs(
      "haproxy",
      `parseProxyHeader() reads what HAProxy's ${option} tells of a unix socket's client`,
    ),
    fn: async () => {
      const { server, header } = headerServer();
      await using _server = server;
      await using haproxy = await startHaproxy(({ folder }) => [
        "listen a",
        `  bind unix@${folder}/sock`,
        `  server s ${server.address} ${option}`,
      ]);
      using _client = await Deno.connect({ transport: "unix", path: `${haproxy.folder}/sock` });
      const { transport, isLocal } = await header;
      assertEquals([transport, isLocal], ["unknown", version === 2]);
    },
  });

  Deno.test({
    ...needs(
      "haproxy",
      `parseProxyHeader() reads HAProxy's health check with check-${
        option.slice(0, 10)
      }, ${option}`,
    ),
    fn: async () => {
      const { server, header } = headerServer();
      await using _server = server;
      await using _haproxy = await startHaproxy(({ port }) => [
        "listen a",
        `  bind 127.0.0.1:${port}`,
        // A check without a dialogue resets the connection before anybody could read.
        ...["  option tcp-check", "  tcp-check expect string never"],
        `  server s ${server.address} check inter 1h check-send-proxy ${option}`,
      ]);
      assertEquals((await header).isLocal, version === 2);
    },
  });
}

Deno.test({
  ...needs("haproxy", "parseProxyHeader() verifies HAProxy's checksum and reads its unique id"),
  fn: async () => {
    const { server, header } = headerServer();
    await using _server = server;
    await using haproxy = await startHaproxy(({ port }) => [
      "listen a",
      `  bind 127.0.0.1:${port}`,
      "  unique-id-format id-%[src]",
      `  server s ${server.address} send-proxy-v2 proxy-v2-options crc32c,unique-id`,
    ]);
    using _client = await Deno.connect({ port: haproxy.port });
    assertEquals((await header).tlvs, { hasChecksum: true, uniqueId: bytesOf("id-127.0.0.1") });
  },
});

Deno.test({
  ...needs("haproxy", "parseProxyHeader() reads what HAProxy tells of a client's TLS"),
  fn: async () => {
    const { server, header } = headerServer();
    await using _server = server;
    const options = "ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c";
    await using haproxy = await startHaproxy(async ({ folder, port }) => {
      await Deno.writeTextFile(`${folder}/bundle`, testTls.cert + testTls.key);
      await Deno.writeTextFile(`${folder}/ca`, testTls.cert);
      return [
        "listen a",
        `  bind 127.0.0.1:${port} ssl crt ${folder}/bundle ca-file ${folder}/ca verify optional alpn h2`,
        `  server s ${server.address} send-proxy-v2 proxy-v2-options ${options}`,
      ];
    });
    const socket = tls.connect({
      ...{ host: "127.0.0.1", port: haproxy.port, servername: "localhost" },
      ...{ ...testTls, ca: testTls.cert, ALPNProtocols: ["h2"] },
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    try {
      const { tlvs } = await header;
      assertEquals([tlvs.authority, tlvs.alpn, tlvs.hasChecksum], ["localhost", "h2", true]);
      assertEquals(tlvs.tls, {
        isTls: true,
        hasCertificate: true,
        hadCertificate: true,
        verifyResult: 0,
        version: "TLSv1.3",
        commonName: "localhost",
        cipher: tlvs.tls?.cipher,
        signatureAlgorithm: "ecdsa-with-SHA256",
        keyAlgorithm: "EC256",
      });
      assert(tlvs.tls?.cipher?.startsWith("TLS_"), tlvs.tls?.cipher);
    } finally {
      socket.destroy();
      await closed;
    }
  },
});

// HAProxy receives.

const REQUEST = bytesOf("GET / HTTP/1.0\r\n\r\n");

/** A HAProxy that answers with what it took out of the header. */
function echo() {
  return startHaproxy(({ folder }) => [
    "frontend a",
    "  mode http",
    `  bind unix@${folder}/sock accept-proxy`,
    "  http-request return status 200 content-type text/plain lf-string " +
    '"%[src]|%[src_port]|%[dst]|%[dst_port]|%[fc_pp_authority,hex]|%[fc_pp_unique_id,hex]"',
  ]);
}

/** What HAProxy says to a header with a request behind it; null when it hangs up. */
async function ask(folder: string, header: Uint8Array): Promise<string[] | null> {
  using conn = await Deno.connect({ transport: "unix", path: `${folder}/sock` });
  let text = "";
  try {
    await conn.write(concat(header, REQUEST));
    await conn.closeWrite();
    text = await new Response(conn.readable).text();
  } catch {
    // A reset is a way to hang up too.
  }
  const body = text.indexOf("\r\n\r\n");
  return text.startsWith("HTTP/1.1 200") ? text.slice(body + 4).split("|") : null;
}

const hex = (bytes: Uint8Array = new Uint8Array()) =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join("");

/** Addresses as bytes: the C library writes some IPv6 addresses in another way. */
const addressHex = (text: string) => hex(ipv4Bytes(text) ?? ipv6Bytes(text) ?? undefined);

/** HAProxy hangs up on UDP, unix sockets and UNSPEC, which the document leaves it free to do. */
const isTaken = ({ version, transport, isLocal }: ProxyHeader) =>
  transport.startsWith("tcp") || isLocal || version === 1;

/** What HAProxy has to say about a header that it takes; null when that is about the connection. */
function expectedOf({ source, destination, tlvs }: ProxyHeader): string[] | null {
  if (source === null || destination === null) return null;
  const ends = [source, destination].flatMap(({ address, port }) => [
    addressHex(address),
    // HAProxy writes nothing for port 0.
    port === 0 ? "" : String(port),
  ]);
  return [...ends, hex(new TextEncoder().encode(tlvs.authority)), hex(tlvs.uniqueId)];
}

function comparable(answer: string[] | null): string[] | null {
  return answer?.map((part, at) => at === 0 || at === 2 ? addressHex(part) : part) ?? null;
}

for (const [version, header] of [[1, headerV1], [2, headerV2]] as const) {
  Deno.test({
    ...needs(
      "haproxy",
      `writeProxyHeader() writes headers of version ${version} that HAProxy reads`,
    ),
    fn: async () => {
      await using haproxy = await echo();
      await fc.assert(
        fc.asyncProperty(header.filter(isTaken), async (header) => {
          const answer = comparable(await ask(haproxy.folder, writeProxyHeader(header)));
          assert(answer !== null, "HAProxy hung up");
          const expected = expectedOf(header);
          if (expected !== null) assertEquals(answer, expected);
        }),
        { numRuns: 150 },
      );
    },
  });

  Deno.test({
    ...needs(
      "haproxy",
      `parseProxyHeader() accepts no damaged header of version ${version} that HAProxy reads differently`,
    ),
    fn: async () => {
      await using haproxy = await echo();
      const likely = fc.constantFrom(...bytesOf("0123456789abcdef:. "));
      const damage = fc.record({ at: fc.nat(60), byte: fc.oneof(fc.nat(255), likely) });
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(header.filter(isTaken), damage, async (header, { at, byte }) => {
          const bytes = writeProxyHeader(header);
          bytes[at % bytes.byteLength] = byte;
          const parsed = attempt(bytes);
          if (parsed?.byteLength !== bytes.byteLength || !isTaken(parsed.header)) return;
          compared++;
          const answer = comparable(await ask(haproxy.folder, bytes));
          assert(answer !== null, "HAProxy hung up");
          const expected = expectedOf(parsed.header);
          if (expected !== null) assertEquals(answer, expected);
        }),
        { numRuns: 600 },
      );
      assert(compared > 10, `${compared} compared`);
    },
  });
}

function attempt(bytes: Uint8Array) {
  try {
    return parseProxyHeader(bytes);
  } catch {
    return null;
  }
}
