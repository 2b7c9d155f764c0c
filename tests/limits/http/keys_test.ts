import { assertEquals, assertThrows } from "@std/assert";
import ipaddr from "ipaddr.js";
import fc from "fast-check";
import { TrustedProxies } from "../../../core/mod.ts";
import { clientKey, cookieKey, headerKey, joinedKey, pathKey } from "@pingo/pingo/limits/http";
import { makeExchange } from "./_exchange.ts";

const addresses: { address: string; bits?: number; key: string }[] = [
  { address: "192.0.2.7", key: "192.0.2.7" },
  { address: "::ffff:192.0.2.7", key: "192.0.2.7" },
  { address: "2001:db8:1:2:3:4:5:6", key: "2001:db8:1:2::/64" },
  { address: "2001:db8::1", key: "2001:db8:0:0::/64" },
  { address: "::1", key: "0:0:0:0::/64" },
  { address: "fe80::1%eth0", key: "fe80:0:0:0::/64" },
  { address: "2001:db8:1:2ff::1", bits: 56, key: "2001:db8:1:200::/56" },
  { address: "2001:db8::1", bits: 128, key: "2001:db8:0:0:0:0:0:1/128" },
  { address: "2001:db8::1", bits: 48, key: "2001:db8:0::/48" },
  { address: "8000::", bits: 1, key: "8000::/1" },
  { address: "", key: "" },
  { address: "1::2::3", key: "1::2::3" },
  { address: "1:2:3", key: "1:2:3" },
];
for (const { address, bits, key } of addresses) {
  Deno.test(`clientKey() of ${address || "a unix socket"} is ${key || "empty"}${bits ? ` at ${bits} bits` : ""}`, () => {
    assertEquals(clientKey({ ipv6Bits: bits })(makeExchange({ address })), key);
  });
}

Deno.test("clientKey() gives two IPv6 addresses one key exactly when they share the network (property)", () => {
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const bits = fc.integer({ min: 1, max: 128 });
  fc.assert(
    fc.property(address, address, bits, fc.nat({ max: 128 }), (a, b, ipv6Bits, common) => {
      // The first bits in common, the rest by chance.
      for (let i = 0; i < common; i++) {
        const mask = 0x80 >> i % 8;
        b[i >> 3] = (b[i >> 3] & ~mask) | (a[i >> 3] & mask);
      }
      const [first, second] = [a, b].map((bytes) => new ipaddr.IPv6([...bytes]));
      const keyOf = clientKey({ ipv6Bits });
      const [one, two] = [first, second].map((ip) =>
        keyOf(makeExchange({ address: ip.toString() }))
      );
      // Mapped IPv4 is IPv4.
      fc.pre(!first.isIPv4MappedAddress() && !second.isIPv4MappedAddress());
      assertEquals(one === two, second.match(first, ipv6Bits), `${first} ${second}`);
    }),
    { numRuns: 500, verbose: 1 },
  );
});

Deno.test("clientKey() believes trusted proxies alone", () => {
  const trusted = new TrustedProxies(["192.0.2.0/24"]);
  const headers = { "x-forwarded-for": "2001:db8::9", forwarded: "for=203.0.113.9" };
  const near = makeExchange({ headers });
  assertEquals(clientKey()(near), "192.0.2.7");
  assertEquals(clientKey({ trusted })(near), "2001:db8:0:0::/64");
  assertEquals(clientKey({ trusted, believe: "forwarded" })(near), "203.0.113.9");
  assertEquals(
    clientKey({ trusted })(makeExchange({ headers, address: "198.51.100.1" })),
    "198.51.100.1",
  );
});

Deno.test("headerKey() never gives what clientKey() can give", () => {
  const keyOf = headerKey("x-key");
  assertEquals(keyOf(makeExchange({ headers: { "x-key": "192.0.2.8" } })), "header 192.0.2.8");
  assertEquals(keyOf(makeExchange({ headers: { "x-key": "" } })), "192.0.2.7");
  assertEquals(headerKey("x-key", () => null)(makeExchange()), null);
});

const cookies: { cookie: string; key: string | null }[] = [
  { cookie: "id=7", key: "cookie 7" },
  { cookie: "a=1; id=7; b=2", key: "cookie 7" },
  { cookie: "a=1;id=7", key: "cookie 7" },
  { cookie: "id=7; id=8", key: "cookie 7" },
  { cookie: "xid=7", key: null },
  { cookie: "idx=7", key: null },
  { cookie: "a=id=7", key: null },
  { cookie: "id=", key: null },
  { cookie: "id", key: null },
  { cookie: "id=a=b", key: "cookie a=b" },
];
for (const { cookie, key } of cookies) {
  Deno.test(`cookieKey() of ${JSON.stringify(cookie)} is ${key}`, () => {
    assertEquals(cookieKey("id", () => null)(makeExchange({ headers: { cookie } })), key);
  });
}

Deno.test("cookieKey() falls back to the client when there is no cookie", () => {
  assertEquals(cookieKey("id")(makeExchange()), "192.0.2.7");
});

const paths: { target: string; depth?: number; key: string }[] = [
  { target: "/a/b/c?d", key: "/a/b/c" },
  { target: "/a/../b", key: "/b" },
  { target: "/a/b/c", depth: 2, key: "/a/b" },
  { target: "/a/b", depth: 2, key: "/a/b" },
  { target: "/a", depth: 3, key: "/a" },
  { target: "/", depth: 1, key: "/" },
  { target: "/a/", depth: 1, key: "/a" },
];
for (const { target, depth, key } of paths) {
  Deno.test(`pathKey() of ${target}${depth ? ` to the depth of ${depth}` : ""} is ${key}`, () => {
    assertEquals(pathKey({ depth })(makeExchange({ target })), key);
  });
}

Deno.test("joinedKey() tells apart what only a border tells apart", () => {
  const of = (a: string, b: string) => joinedKey(() => a, () => b)(makeExchange());
  assertEquals(of("a", "b") === of("a", "b"), true);
  assertEquals(of("a 1 b", "c") === of("a", "b 1 c"), false);
  assertEquals(of("a b", "c") === of("a", "b c"), false);
  assertEquals(joinedKey(() => "a", () => null)(makeExchange()), null);
});

Deno.test("key functions throw when an option makes no sense", () => {
  for (const ipv6Bits of [0, 129, 1.5]) assertThrows(() => clientKey({ ipv6Bits }), RangeError);
  for (const depth of [0, 1.5, NaN]) assertThrows(() => pathKey({ depth }), RangeError);
  assertThrows(() => headerKey("a b"), TypeError);
  assertThrows(() => cookieKey("a=b"), TypeError);
});
