import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatListenAddress, type ListenAddress, parseListenAddress } from "../../../core/mod.ts";

const tcp = (hostname: string, port: number): ListenAddress => ({
  transport: "tcp",
  hostname,
  port,
});

const addresses: readonly (readonly [string, ListenAddress])[] = [
  [":8080", tcp("::", 8080)],
  [":0", tcp("::", 0)],
  ["127.0.0.1:8080", tcp("127.0.0.1", 8080)],
  ["0.0.0.0:65535", tcp("0.0.0.0", 65_535)],
  ["[::1]:8080", tcp("::1", 8080)],
  ["[::]:8080", tcp("::", 8080)],
  ["localhost:8080", tcp("localhost", 8080)],
  ["proxy-1.example.com:80", tcp("proxy-1.example.com", 80)],
  ["unix:/run/x.sock", { transport: "unix", path: "/run/x.sock" }],
  ["unix:x.sock", { transport: "unix", path: "x.sock" }],
  ["unix:/run/a:b", { transport: "unix", path: "/run/a:b" }],
];

for (const [text, address] of addresses) {
  Deno.test(`parseListenAddress() reads ${text}`, () => {
    assertEquals(parseListenAddress(text), address);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ["", "the port is missing"],
  ["8080", 'write ":8080"'],
  ["localhost", "the port is missing"],
  ["[::1]", "the port is missing"],
  ["::1:8080", "an IPv6 address stands in brackets"],
  ["[::1:8080", "an IPv6 address stands in brackets"],
  ["[localhost]:8080", '"[localhost]" is not a host'],
  ["[]:8080", '"[]" is not a host'],
  ["[::1%eth0]:8080", '"[::1%eth0]" is not a host'],
  ["300.0.0.1:8080", '"300.0.0.1" is not a host'],
  ["a b:8080", '"a b" is not a host'],
  ["a/b:8080", '"a/b" is not a host'],
  ["user@host:8080", '"user@host" is not a host'],
  [":", '"" is not a port from 0 to 65535'],
  [":65536", '"65536" is not a port from 0 to 65535'],
  [":-1", '"-1" is not a port from 0 to 65535'],
  [":80x", '"80x" is not a port from 0 to 65535'],
  [": 80", '" 80" is not a port from 0 to 65535'],
  ["http://localhost:8080", "it is a URL"],
  ["unix:", "the path is missing"],
  ["unix:/a\0b", "the path holds a NUL"],
];

for (const [text, why] of refused) {
  Deno.test(`parseListenAddress() throws when given ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseListenAddress(text), TypeError, why);
    assertEquals(error.message.includes("\n"), false);
  });
}

Deno.test("formatListenAddress() writes what parseListenAddress() reads", () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  const path = fc.string({ minLength: 1 }).filter((text) => !text.includes("\0"));
  const any: fc.Arbitrary<ListenAddress> = fc.oneof(
    fc.record({ transport: fc.constant("tcp"), hostname: host, port }),
    fc.record({ transport: fc.constant("unix"), path }),
  );
  fc.assert(fc.property(any, (address) => {
    assertEquals(parseListenAddress(formatListenAddress(address)), address);
  }));
});

Deno.test("parseListenAddress() throws nothing but TypeError when given anything", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    try {
      const address = parseListenAddress(text);
      assertEquals(parseListenAddress(formatListenAddress(address)), address);
    } catch (error) {
      assertEquals(error instanceof TypeError, true);
    }
  }));
});
