import { assertEquals, assertThrows } from "@std/assert";
import { parseProxyHeader } from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { bytesOf } from "./_bytes.ts";

const accepted: readonly [name: string, line: string, source: string, destination: string][] = [
  [
    "IPv4",
    "PROXY TCP4 255.255.255.255 255.255.255.254 65535 65534\r\n",
    "255.255.255.255 65535",
    "255.255.255.254 65534",
  ],
  ["zeros", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0 0", "0.0.0.0 0"],
  ["IPv6", "PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "2001:db8::1 1", "::1 2"],
  [
    "IPv6 at its longest",
    "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535",
  ],
  ["IPv6 in another form", "PROXY TCP6 2001:0DB8:0:0::0001 0::0 1 2\r\n", "2001:db8::1 1", ":: 2"],
  [
    "IPv4 in IPv6",
    "PROXY TCP6 ::ffff:1.2.3.4 ::FFFF:0102:0305 1 2\r\n",
    "::ffff:1.2.3.4 1",
    "::ffff:1.2.3.5 2",
  ],
];
for (const [name, line, source, destination] of accepted) {
  Deno.test(`parseProxyHeader() reads version 1 (§2.1): ${name}`, () => {
    const parsed = parseProxyHeader(bytesOf(`${line}GET /`));
    const ends = [parsed?.header.source, parsed?.header.destination];
    assertEquals(ends.map((end) => `${end?.address} ${end?.port}`), [source, destination]);
    assertEquals(parsed?.byteLength, line.length);
    assertEquals([parsed?.header.version, parsed?.header.isLocal], [1, false]);
  });
}

const unknown: readonly [name: string, line: string][] = [
  ["alone", "PROXY UNKNOWN\r\n"],
  ["with a blank", "PROXY UNKNOWN \r\n"],
  ["with addresses", "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"],
  ["with any bytes", `PROXY UNKNOWN ${"\0\xff".repeat(45)}\r\n`],
  ["at its longest", `PROXY UNKNOWN ${"x".repeat(91)}\r\n`],
];
for (const [name, line] of unknown) {
  Deno.test(`parseProxyHeader() reads UNKNOWN ${name} (§2.1)`, () => {
    assertEquals(parseProxyHeader(bytesOf(line)), {
      header: {
        version: 1,
        isLocal: false,
        transport: "unknown",
        source: null,
        destination: null,
        tlvs: {},
      },
      byteLength: line.length,
    });
  });
}

const refused: readonly [name: string, line: string, why: string][] = [
  ["an HTTP request", "GET / HTTP/1.1\r\n\r\n", "another protocol"],
  ["a TLS handshake", "\x16\x03\x01\x02\0\x01\0", "another protocol"],
  ["small letters", "proxy TCP4 1.2.3.4 1.2.3.5 1 2\r\n", "another protocol"],
  ["a blank in front", " PROXY TCP4 1.2.3.4 1.2.3.5 1 2\r\n", "another protocol"],
  ["two blanks", "PROXY  TCP4 1.2.3.4 1.2.3.5 1 2\r\n", "TCP4"],
  ["a tab", "PROXY\tTCP4 1.2.3.4 1.2.3.5 1 2\r\n", "another protocol"],
  ["two blanks between addresses", "PROXY TCP4 1.2.3.4  1.2.3.5 1 2\r\n", "two addresses"],
  ["a blank at the end", "PROXY TCP4 1.2.3.4 1.2.3.5 1 2 \r\n", "two addresses"],
  ["one port", "PROXY TCP4 1.2.3.4 1.2.3.5 1\r\n", "two addresses"],
  ["no addresses", "PROXY TCP4\r\n", "two addresses"],
  ["nothing", "PROXY \r\n", "TCP4"],
  ["UDP", "PROXY UDP4 1.2.3.4 1.2.3.5 1 2\r\n", "TCP4"],
  ["UNKNOWN with a tail", "PROXY UNKNOWNS\r\n", "TCP4"],
  ["LF alone", "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\n", "LF alone"],
  ["CR alone", "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\rGET", "CR without LF"],
  ["CR in UNKNOWN", "PROXY UNKNOWN a\rb\r\n", "CR without LF"],
  ["LF in UNKNOWN", "PROXY UNKNOWN a\nb\r\n", "LF alone"],
  ["CR CR LF", "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\r\r\n", "CR without LF"],
  ["no end in 107 bytes", `PROXY UNKNOWN ${"x".repeat(93)}`, "107"],
  ["an end behind 107 bytes", `PROXY UNKNOWN ${"x".repeat(92)}\r\n`, "107"],
  ["a leading zero in an address", "PROXY TCP4 1.2.3.04 1.2.3.5 1 2\r\n", "IPv4"],
  ["an address above 255", "PROXY TCP4 1.2.3.256 1.2.3.5 1 2\r\n", "IPv4"],
  ["three parts", "PROXY TCP4 1.2.3 1.2.3.5 1 2\r\n", "IPv4"],
  ["five parts", "PROXY TCP4 1.2.3.4.5 1.2.3.5 1 2\r\n", "IPv4"],
  ["hexadecimal IPv4", "PROXY TCP4 0x7f.0.0.1 1.2.3.5 1 2\r\n", "IPv4"],
  ["a sign", "PROXY TCP4 +1.2.3.4 1.2.3.5 1 2\r\n", "IPv4"],
  ["an IPv6 address as TCP4", "PROXY TCP4 ::1 ::1 1 2\r\n", "IPv4"],
  ["a host name", "PROXY TCP4 localhost 1.2.3.5 1 2\r\n", "IPv4"],
  ["an IPv4 address as TCP6", "PROXY TCP6 1.2.3.4 1.2.3.5 1 2\r\n", "IPv6"],
  ["two gaps", "PROXY TCP6 1::2::3 ::1 1 2\r\n", "IPv6"],
  ["a gap for nothing", "PROXY TCP6 1:2:3:4::5:6:7:8 ::1 1 2\r\n", "IPv6"],
  ["three colons", "PROXY TCP6 1:::2 ::1 1 2\r\n", "IPv6"],
  ["seven groups", "PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n", "IPv6"],
  ["nine groups", "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", "IPv6"],
  ["a colon at the end", "PROXY TCP6 1:2:3:4:5:6:7: ::1 1 2\r\n", "IPv6"],
  ["a group of five", "PROXY TCP6 12345::1 ::1 1 2\r\n", "IPv6"],
  ["a zone", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "IPv6"],
  ["brackets", "PROXY TCP6 [::1] ::1 1 2\r\n", "IPv6"],
  ["IPv4 in the middle", "PROXY TCP6 ::1.2.3.4:1 ::1 1 2\r\n", "IPv6"],
  ["IPv4 in front", "PROXY TCP6 1.2.3.4:: ::1 1 2\r\n", "IPv6"],
  ["a leading zero in a port", "PROXY TCP4 1.2.3.4 1.2.3.5 01 2\r\n", "port"],
  ["a port above 65535", "PROXY TCP4 1.2.3.4 1.2.3.5 1 65536\r\n", "port"],
  ["a port below 0", "PROXY TCP4 1.2.3.4 1.2.3.5 -1 2\r\n", "port"],
  ["an empty port", "PROXY TCP4 1.2.3.4 1.2.3.5  2\r\n", "port"],
  ["letters for a port", "PROXY TCP4 1.2.3.4 1.2.3.5 http 2\r\n", "port"],
];
for (const [name, line, why] of refused) {
  Deno.test(`parseProxyHeader() refuses ${name} (§2.1)`, () => {
    assertThrows(() => parseProxyHeader(bytesOf(line)), ProxyError, why);
  });
}

Deno.test("parseProxyHeader() asks for more before the end of the line (§2.1)", () => {
  for (
    const text of [
      "",
      "P",
      "PROXY ",
      "PROXY TCP4 1.2.3.4 1.2.3.5 1 2",
      "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\r",
    ]
  ) {
    assertEquals(parseProxyHeader(bytesOf(text)), null);
  }
});

Deno.test("parseProxyHeader() refuses at the first byte that is wrong", () => {
  assertThrows(() => parseProxyHeader(bytesOf("G")), ProxyError, "another protocol");
  assertThrows(() => parseProxyHeader(bytesOf("\r\n\r\nG")), ProxyError, "another protocol");
});
