import { assertEquals, assertThrows } from "@std/assert";
import { type Peer, peer, peerAddress } from "../../../core/http/mod.ts";

const CASES: readonly (readonly [target: string, is: Partial<Peer>, address: string])[] = [
  ["localhost:8080", { hostname: "localhost", port: 8080, scheme: "http" }, "localhost:8080"],
  ["192.0.2.1:80", { hostname: "192.0.2.1", port: 80 }, "192.0.2.1:80"],
  ["[::1]:8080", { hostname: "::1", port: 8080 }, "[::1]:8080"],
  ["http://example.com", { port: 80, scheme: "http" }, "example.com:80"],
  ["https://example.com/", { port: 443, scheme: "https" }, "example.com:443"],
  ["HTTPS://Example.com:8443", { hostname: "Example.com", port: 8443 }, "Example.com:8443"],
  ["https://[2001:db8::1]", { hostname: "2001:db8::1", port: 443 }, "[2001:db8::1]:443"],
  ["a_b.internal:1", { hostname: "a_b.internal", port: 1 }, "a_b.internal:1"],
  [
    "unix:/run/app.sock",
    { hostname: "/run/app.sock", port: 0, transport: "unix" },
    "unix:/run/app.sock",
  ],
];

for (const [target, is, address] of CASES) {
  Deno.test(`peer() reads ${target}`, () => {
    const made = peer(target);
    assertEquals({ ...made, ...is }, made);
    assertEquals(peerAddress(made), address);
  });
}

const MALFORMED = [
  "",
  "localhost",
  "::1:80",
  "[::1]",
  "localhost:",
  "localhost:0",
  "localhost:65536",
  "localhost:8080/path",
  "http://a/path",
  "http://a?b",
  "http://a#b",
  "http://u:p@a",
  "ftp://a:21",
  "http://",
  "unix:",
  "a b:80",
  "a:80\r\n",
];

for (const target of MALFORMED) {
  Deno.test(`peer() refuses ${JSON.stringify(target)}`, () => {
    assertThrows(() => peer(target), TypeError, "Cannot use the peer");
  });
}

Deno.test("peer() carries TLS options and the group", () => {
  const tls = { serverName: "example.com" };
  const made = peer("https://10.0.0.1", { tls, group: "tenant" });
  assertEquals([made.tls, made.group], [tls, "tenant"]);
  assertEquals("tls" in peer("a:1"), false);
});
