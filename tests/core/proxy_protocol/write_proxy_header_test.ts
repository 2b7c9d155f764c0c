import { assertEquals, assertThrows } from "@std/assert";
import {
  type Client,
  clientProxyHeader,
  parseProxyHeader,
  peer,
  type ProxyHeaderInit,
  writeProxyHeader,
} from "../../../core/mod.ts";
import { IPV4_BLOCK, v2 } from "./_bytes.ts";

const source = { address: "192.0.2.1", port: 258 };
const destination = { address: "192.0.2.9", port: 443 };
const tcp4 = { transport: "tcp4", source, destination } as const;
const decoder = new TextDecoder();

Deno.test("writeProxyHeader() writes the bytes that §2.1 and §2.2 show", () => {
  assertEquals(
    decoder.decode(writeProxyHeader({ version: 1, ...tcp4 })),
    "PROXY TCP4 192.0.2.1 192.0.2.9 258 443\r\n",
  );
  assertEquals(decoder.decode(writeProxyHeader({ version: 1 })), "PROXY UNKNOWN\r\n");
  assertEquals(writeProxyHeader({ version: 2, ...tcp4 }), v2(0x21, 0x11, IPV4_BLOCK));
  assertEquals(writeProxyHeader({ version: 2 }), v2(0x21, 0x00));
  assertEquals(writeProxyHeader({ version: 2, isLocal: true }), v2(0x20, 0x00));
});

Deno.test("writeProxyHeader() keeps a line of version 1 below 107 bytes", () => {
  const long = { address: "0001:0000:0000:0000:0000:0000:255.255.255.255", port: 65_535 };
  const bytes = writeProxyHeader({
    version: 1,
    transport: "tcp6",
    source: long,
    destination: long,
  });
  assertEquals(decoder.decode(bytes), "PROXY TCP6 1::ffff:ffff 1::ffff:ffff 65535 65535\r\n");
});

const refused: readonly [name: string, header: ProxyHeaderInit, why: string][] = [
  ["TLVs in version 1", { version: 1, ...tcp4, tlvs: { alpn: "h2" } }, "version 1 has no TLVs"],
  ["LOCAL in version 1", { version: 1, isLocal: true }, "no local one"],
  ["UDP in version 1", { version: 1, ...tcp4, transport: "udp4" }, "version 1 has no udp4"],
  ["no addresses", { version: 2, transport: "tcp4" }, "two addresses"],
  ["one address", { version: 2, transport: "tcp4", source }, "two addresses"],
  ["one address alone", { version: 2, source }, "two addresses"],
  ["addresses of an unknown transport", { version: 2, source, destination }, "two addresses"],
  ["addresses of a local one", { version: 2, isLocal: true, ...tcp4 }, "local"],
  ["TLVs without addresses", { version: 2, tlvs: { alpn: "h2" } }, "TLVs"],
  ["another family", { version: 2, ...tcp4, transport: "tcp6" }, "no address of tcp6"],
  ["another family in version 1", { version: 1, ...tcp4, transport: "tcp6" }, "no address of tcp6"],
  [
    "an address that is none",
    { version: 2, ...tcp4, source: { address: "a", port: 1 } },
    "no address",
  ],
  ["a port above 65535", { version: 2, ...tcp4, source: { ...source, port: 65_536 } }, "no port"],
  [
    "a port that is not whole",
    { version: 1, ...tcp4, source: { ...source, port: 1.5 } },
    "no port",
  ],
  [
    "a path of 109 bytes",
    { version: 2, transport: "unix", source: { address: "x".repeat(109), port: 0 }, destination },
    "108",
  ],
  [
    "a NUL in a path",
    { version: 2, transport: "unix", source: { address: "/a\0b", port: 0 }, destination },
    "NUL",
  ],
  ["a control in a text", { version: 2, ...tcp4, tlvs: { authority: "a\r\n" } }, "control"],
  ["a long authority", { version: 2, ...tcp4, tlvs: { authority: "a".repeat(256) } }, "too long"],
  [
    "a long unique id",
    { version: 2, ...tcp4, tlvs: { uniqueId: new Uint8Array(129) } },
    "too long",
  ],
  [
    "a type with a field of its own",
    { version: 2, ...tcp4, tlvs: { others: [{ type: 3, value: new Uint8Array(4) }] } },
    "field of its own",
  ],
  [
    "a type above 255",
    { version: 2, ...tcp4, tlvs: { others: [{ type: 256, value: new Uint8Array() }] } },
    "no TLV type 256",
  ],
  [
    "65536 bytes in a TLV",
    { version: 2, ...tcp4, tlvs: { others: [{ type: 0xe0, value: new Uint8Array(65_536) }] } },
    "65535",
  ],
  [
    "65536 bytes in all",
    { version: 2, ...tcp4, tlvs: { others: [{ type: 0xe0, value: new Uint8Array(65_530) }] } },
    "65535",
  ],
  [
    "a verify result that is no number of 32 bits",
    {
      version: 2,
      ...tcp4,
      tlvs: {
        tls: { isTls: true, hasCertificate: false, hadCertificate: false, verifyResult: -1 },
      },
    },
    "32-bit",
  ],
];
for (const [name, header, why] of refused) {
  Deno.test(`writeProxyHeader() refuses ${name}`, () => {
    assertThrows(() => writeProxyHeader(header), TypeError, why);
  });
}

const tcp: Client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" };
const near = { address: "192.0.2.9", port: 80 };
const v1Lines: readonly [name: string, client: Client | null, line: string][] = [
  ["both ends", { ...tcp, destination: near }, "TCP4 192.0.2.1 192.0.2.9 4711 80"],
  ["no destination", tcp, "TCP4 192.0.2.1 0.0.0.0 4711 0"],
  ["IPv6", { ...tcp, address: "2001:db8::1" }, "TCP6 2001:db8::1 :: 4711 0"],
  [
    "IPv4 to IPv6",
    { ...tcp, destination: { address: "::1", port: 1 } },
    "TCP6 ::ffff:192.0.2.1 ::1 4711 1",
  ],
  [
    "IPv6 to IPv4",
    { ...tcp, address: "2001:db8::1", destination: near },
    "TCP6 2001:db8::1 ::ffff:192.0.2.9 4711 80",
  ],
  ["a unix socket", { ...tcp, address: "", port: 0, transport: "unix" }, "UNKNOWN"],
  ["this process", { ...tcp, address: "", port: 0, transport: "memory" }, "UNKNOWN"],
  ["nobody", null, "UNKNOWN"],
];
for (const [name, client, line] of v1Lines) {
  Deno.test(`clientProxyHeader() tells version 1 of ${name}`, () => {
    assertEquals(decoder.decode(clientProxyHeader(client, "v1")), `PROXY ${line}\r\n`);
  });
}

const unixClient: Client = { ...tcp, address: "", port: 0, transport: "unix" };
const LOCAL = { isLocal: true, transport: "unknown", source: null, destination: null };
const v2Headers: readonly [name: string, client: Client | null, expected: object][] = [
  ["both ends", { ...tcp, destination: near }, {
    isLocal: false,
    transport: "tcp4",
    source: { address: "192.0.2.1", port: 4711 },
    destination: near,
  }],
  ["a unix socket", { ...unixClient, destination: { address: "/run/x", port: 0 } }, LOCAL],
  ["this process", { ...unixClient, transport: "memory" }, LOCAL],
  ["nobody", null, LOCAL],
];
for (const [name, client, expected] of v2Headers) {
  Deno.test(`clientProxyHeader() tells version 2 of ${name}`, () => {
    const header = parseProxyHeader(clientProxyHeader(client, "v2"))?.header;
    assertEquals<unknown>(header, { version: 2, tlvs: {}, ...expected });
  });
}

Deno.test("clientProxyHeader() passes on in version 2 what a proxy in front told", () => {
  const tlvs = { authority: "example.com", uniqueId: Uint8Array.of(7), hasChecksum: true };
  const proxy = { address: "10.0.0.1", port: 5, transport: "tcp", tlvs } as const;
  const bytes = clientProxyHeader({ ...tcp, destination: near, proxy }, "v2");
  assertEquals(parseProxyHeader(bytes)?.header.tlvs, tlvs);
  assertEquals(
    decoder.decode(clientProxyHeader({ ...tcp, destination: near, proxy }, "v1")),
    "PROXY TCP4 192.0.2.1 192.0.2.9 4711 80\r\n",
  );
});

Deno.test("peer() keeps the version of the PROXY protocol that it is given", () => {
  assertEquals(peer("a:80", { proxyProtocol: "v2" }).proxyProtocol, "v2");
  assertEquals("proxyProtocol" in peer("a:80"), false);
});
