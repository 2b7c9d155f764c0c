import { assertEquals, assertThrows } from "@std/assert";
import { parseProxyHeader } from "../../../core/mod.ts";
import { crc32c } from "../../../core/proxy_protocol/_crc32c.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { bytesOf, concat, IPV4_BLOCK, SIGNATURE, tlv, v2 } from "./_bytes.ts";

const IPV6_BLOCK = [
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4],
  ...[0xff, 0xff, 0, 80],
];
const path = (text: string) => concat(bytesOf(text), new Uint8Array(108 - text.length));
const UNIX_BLOCK = concat(path("/run/a.sock"), path("\0name"));

const families: readonly [number, number[] | Uint8Array, string, string, string][] = [
  [0x11, IPV4_BLOCK, "tcp4", "192.0.2.1 258", "192.0.2.9 443"],
  [0x12, IPV4_BLOCK, "udp4", "192.0.2.1 258", "192.0.2.9 443"],
  [0x21, IPV6_BLOCK, "tcp6", "2001:db8::1 65535", "::ffff:1.2.3.4 80"],
  [0x22, IPV6_BLOCK, "udp6", "2001:db8::1 65535", "::ffff:1.2.3.4 80"],
  [0x31, UNIX_BLOCK, "unix", "/run/a.sock 0", "\0name 0"],
  [0x32, UNIX_BLOCK, "unix_datagram", "/run/a.sock 0", "\0name 0"],
  [0x31, new Uint8Array(216), "unix", " 0", " 0"],
  [
    0x31,
    concat(path("/a\0rest of the memory"), bytesOf("x".repeat(108))),
    "unix",
    "/a 0",
    `${"x".repeat(108)} 0`,
  ],
];
for (const [family, block, transport, source, destination] of families) {
  Deno.test(`parseProxyHeader() reads family ${family.toString(16)} of version 2 (§2.2): ${JSON.stringify(source)}`, () => {
    const bytes = v2(0x21, family, Uint8Array.from(block));
    const parsed = parseProxyHeader(concat(bytes, bytesOf("GET /")));
    const ends = [parsed?.header.source, parsed?.header.destination];
    assertEquals(parsed?.header.transport, transport);
    assertEquals(ends.map((end) => `${end?.address} ${end?.port}`), [source, destination]);
    assertEquals(parsed?.byteLength, bytes.length);
    assertEquals(parsed?.header.tlvs, {});
  });
}

const withoutAddress: readonly [name: string, bytes: Uint8Array, isLocal: boolean][] = [
  ["LOCAL", v2(0x20, 0), true],
  ["LOCAL with addresses", v2(0x20, 0x11, IPV4_BLOCK), true],
  ["LOCAL with any family", v2(0x20, 0xff, [1, 2, 3]), true],
  ["LOCAL with what is no TLV", v2(0x20, 0x11, [...IPV4_BLOCK, 0x01, 0xff]), true],
  ["UNSPEC", v2(0x21, 0x00), false],
  ["UNSPEC with something", v2(0x21, 0x00, [1, 2, 3, 4, 5]), false],
  ["an unspecified family of TCP", v2(0x21, 0x01, IPV4_BLOCK), false],
  ["an unspecified transport of IPv4", v2(0x21, 0x10, IPV4_BLOCK), false],
];
for (const [name, bytes, isLocal] of withoutAddress) {
  Deno.test(`parseProxyHeader() skips the block of ${name} (§2.2)`, () => {
    assertEquals(parseProxyHeader(concat(bytes, [0x47])), {
      header: {
        version: 2,
        isLocal,
        transport: "unknown",
        source: null,
        destination: null,
        tlvs: {},
      },
      byteLength: bytes.length,
    });
  });
}

Deno.test("parseProxyHeader() reads every registered TLV (§2.2.1 to §2.2.7)", () => {
  const ssl = concat(
    [0x07, 0, 0, 1, 2],
    tlv(0x21, bytesOf("TLSv1.3")),
    tlv(0x22, new TextEncoder().encode("Ünï")),
    tlv(0x23, bytesOf("TLS_AES_128_GCM_SHA256")),
    tlv(0x24, bytesOf("RSA-SHA256")),
    tlv(0x25, bytesOf("RSA2048")),
    tlv(0x28, [1, 2]),
  );
  const bytes = v2(
    0x21,
    0x11,
    IPV4_BLOCK,
    tlv(0x01, bytesOf("h2")),
    tlv(0x02, bytesOf("example.com")),
    tlv(0x04, [1, 2, 3]),
    tlv(0x04, []),
    tlv(0x05, [0, 255]),
    tlv(0x20, ssl),
    tlv(0x30, bytesOf("blue")),
    tlv(0xea, [9]),
    tlv(0xea, [8]),
  );
  assertEquals(parseProxyHeader(bytes)?.header.tlvs, {
    alpn: "h2",
    authority: "example.com",
    uniqueId: Uint8Array.of(0, 255),
    tls: {
      isTls: true,
      hasCertificate: true,
      hadCertificate: true,
      verifyResult: 0x0102,
      version: "TLSv1.3",
      commonName: "Ünï",
      cipher: "TLS_AES_128_GCM_SHA256",
      signatureAlgorithm: "RSA-SHA256",
      keyAlgorithm: "RSA2048",
      others: [{ type: 0x28, value: Uint8Array.of(1, 2) }],
    },
    namespace: "blue",
    others: [{ type: 0xea, value: Uint8Array.of(9) }, { type: 0xea, value: Uint8Array.of(8) }],
  });
});

for (const [bit, field] of [[1, "isTls"], [2, "hasCertificate"], [4, "hadCertificate"]] as const) {
  Deno.test(`parseProxyHeader() reads bit ${bit} of SSL as ${field} (§2.2.6)`, () => {
    const bytes = v2(0x21, 0x11, IPV4_BLOCK, tlv(0x20, [bit, 0, 0, 0, 0]));
    assertEquals(parseProxyHeader(bytes)?.header.tlvs.tls, {
      isTls: false,
      hasCertificate: false,
      hadCertificate: false,
      verifyResult: 0,
      [field]: true,
    });
  });
}

const checksums: readonly [string, string, number][] = [
  ["RFC 3720 §B.4: zeros", "\0".repeat(32), 0x8a9136aa],
  ["RFC 3720 §B.4: ones", "\xff".repeat(32), 0x62a8ab43],
  ["the check value of CRC catalogues", "123456789", 0xe3069283],
];
for (const [name, text, sum] of checksums) {
  Deno.test(`crc32c() is the checksum of ${name}`, () => assertEquals(crc32c(bytesOf(text)), sum));
}

/** A header whose checksum stands in front of another TLV. */
function checked(): Uint8Array {
  const bytes = v2(0x21, 0x11, IPV4_BLOCK, tlv(0x03, [0, 0, 0, 0]), tlv(0x02, bytesOf("a.test")));
  new DataView(bytes.buffer).setUint32(16 + 12 + 3, crc32c(bytes));
  return bytes;
}

Deno.test("parseProxyHeader() verifies a checksum wherever it stands (§2.2.3)", () => {
  const bytes = checked();
  // Also when the header is a part of a larger buffer.
  const parsed = parseProxyHeader(concat([1, 2, 3], bytes).subarray(3));
  assertEquals(parsed?.header.tlvs, { hasChecksum: true, authority: "a.test" });
  bytes[16] ^= 1;
  assertThrows(() => parseProxyHeader(bytes), ProxyError, "checksum is wrong");
});

const refused: readonly [name: string, bytes: Uint8Array, why: string][] = [
  ["another signature", concat(bytesOf("\r\n\r\n\0\r\nQUIT\r"), [0x21]), "another protocol"],
  ["version 1 in binary", concat(SIGNATURE, [0x11]), "version"],
  ["version 3", concat(SIGNATURE, [0x31]), "version"],
  ["command 2", concat(SIGNATURE, [0x22]), "command"],
  ["command 15", concat(SIGNATURE, [0x2f]), "command"],
  ["family 4", concat(SIGNATURE, [0x21, 0x41]), "family"],
  ["transport 3", concat(SIGNATURE, [0x21, 0x13]), "family"],
  ["family 15 without a transport", concat(SIGNATURE, [0x21, 0xf0]), "family"],
  ["no room for IPv4", v2(0x21, 0x11, IPV4_BLOCK.slice(1)), "shorter"],
  ["no room for IPv6", v2(0x21, 0x21, IPV6_BLOCK.slice(1)), "shorter"],
  ["no room for unix", v2(0x21, 0x31, new Uint8Array(215)), "shorter"],
  ["a path that is not UTF-8", v2(0x21, 0x31, path("/\xff"), path("")), "UTF-8"],
  ["more than the bytes that it may have", concat(SIGNATURE, [0x21, 0x11, 0xff, 0xff]), "4096"],
  ["one byte too many", v2(0x21, 0x11, IPV4_BLOCK, [0x04]), "longer than the header"],
  ["two bytes too many", v2(0x21, 0x11, IPV4_BLOCK, [0x04, 0]), "longer than the header"],
  ["a TLV beyond the end", v2(0x21, 0x11, IPV4_BLOCK, [0x04, 0, 2, 1]), "longer than the header"],
  ["two ALPNs", v2(0x21, 0x11, IPV4_BLOCK, tlv(1, [65]), tlv(1, [65])), "repeated"],
  ["two authorities", v2(0x21, 0x11, IPV4_BLOCK, tlv(2, [65]), tlv(2, [66])), "repeated"],
  ["two unique ids", v2(0x21, 0x11, IPV4_BLOCK, tlv(5, []), tlv(5, [])), "repeated"],
  ["two namespaces", v2(0x21, 0x11, IPV4_BLOCK, tlv(0x30, []), tlv(0x30, [])), "repeated"],
  [
    "two of SSL",
    v2(0x21, 0x11, IPV4_BLOCK, tlv(0x20, [0, 0, 0, 0, 0]), tlv(0x20, [0, 0, 0, 0, 0])),
    "repeated",
  ],
  ["a newline in the authority", v2(0x21, 0x11, IPV4_BLOCK, tlv(2, bytesOf("a\nb"))), "control"],
  ["a NUL in the ALPN", v2(0x21, 0x11, IPV4_BLOCK, tlv(1, [0])), "control"],
  ["an authority that is not UTF-8", v2(0x21, 0x11, IPV4_BLOCK, tlv(2, [0xff])), "UTF-8"],
  [
    "an authority of 256 bytes",
    v2(0x21, 0x11, IPV4_BLOCK, tlv(2, new Uint8Array(256).fill(65))),
    "too long",
  ],
  ["a unique id of 129 bytes", v2(0x21, 0x11, IPV4_BLOCK, tlv(5, new Uint8Array(129))), "too long"],
  ["a checksum of three bytes", v2(0x21, 0x11, IPV4_BLOCK, tlv(3, [1, 2, 3])), "four bytes"],
  [
    "a checksum that is wrong",
    v2(0x21, 0x11, IPV4_BLOCK, tlv(3, [1, 2, 3, 4])),
    "checksum is wrong",
  ],
  ["SSL of four bytes", v2(0x21, 0x11, IPV4_BLOCK, tlv(0x20, [1, 0, 0, 0])), "cut off"],
  [
    "a TLV in SSL beyond its end",
    v2(0x21, 0x11, IPV4_BLOCK, tlv(0x20, [1, 0, 0, 0, 0, 0x21, 0, 2, 65]), tlv(4, [1, 2, 3])),
    "longer than the header",
  ],
  [
    "two TLS versions",
    v2(0x21, 0x11, IPV4_BLOCK, tlv(0x20, concat([1, 0, 0, 0, 0], tlv(0x21, []), tlv(0x21, [])))),
    "repeated",
  ],
  [
    "a newline in the common name",
    v2(0x21, 0x11, IPV4_BLOCK, tlv(0x20, concat([1, 0, 0, 0, 0], tlv(0x22, [10])))),
    "control",
  ],
];
for (const [name, bytes, why] of refused) {
  Deno.test(`parseProxyHeader() refuses ${name} (§2.2)`, () => {
    assertThrows(() => parseProxyHeader(bytes), ProxyError, why);
  });
}

Deno.test("parseProxyHeader() asks for more until the last byte (§2.2)", () => {
  const bytes = checked();
  for (let end = 0; end < bytes.length; end++) {
    assertEquals(parseProxyHeader(bytes.subarray(0, end)), null);
  }
});

Deno.test("parseProxyHeader() takes as many bytes as maxBytes says", () => {
  const bytes = v2(0x21, 0x11, IPV4_BLOCK, tlv(0x04, new Uint8Array(100)));
  assertEquals(bytes.length, 131);
  assertEquals(parseProxyHeader(bytes, { maxBytes: 131 })?.byteLength, 131);
  assertThrows(() => parseProxyHeader(bytes, { maxBytes: 130 }), ProxyError, "longer than 130");
  // Also when they have not come yet.
  assertThrows(() => parseProxyHeader(bytes.subarray(0, 16), { maxBytes: 130 }), ProxyError, "130");
  for (const maxBytes of [106, 107.5, NaN, Infinity]) {
    assertThrows(() => parseProxyHeader(bytes, { maxBytes }), RangeError, "maxBytes");
  }
});

Deno.test("parseProxyHeader() does not hold on to the bytes", () => {
  const bytes = v2(0x21, 0x11, IPV4_BLOCK, tlv(5, [1]), tlv(0xe0, [2]));
  const parsed = parseProxyHeader(bytes);
  bytes.fill(0);
  assertEquals(parsed?.header.tlvs, {
    uniqueId: Uint8Array.of(1),
    others: [{ type: 0xe0, value: Uint8Array.of(2) }],
  });
});
