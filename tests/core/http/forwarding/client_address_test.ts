import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProxyError } from "../../../../errors/mod.ts";
import {
  type ClientAddress,
  clientAddress,
  formatForwarded,
  HeaderList,
  TrustedProxies,
} from "../../../../core/http/mod.ts";

const trusted = new TrustedProxies(["10.0.0.0/8", "fd00::/8", "unix"]);
const PROXY = "10.0.0.1";

interface Case {
  readonly name: string;
  readonly fields: Record<string, string | string[]>;
  readonly connection?: string;
  readonly believe?: "x-forwarded" | "forwarded";
  readonly is: Partial<ClientAddress>;
}

const X: readonly Case[] = [
  { name: "no field", fields: {}, is: { address: PROXY } },
  { name: "an empty field", fields: { "x-forwarded-for": "" }, is: { address: PROXY } },
  { name: "one hop", fields: { "x-forwarded-for": "192.0.2.1" }, is: { address: "192.0.2.1" } },
  {
    name: "an untrusted connection",
    connection: "198.51.100.1",
    fields: { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" },
    is: { address: "198.51.100.1" },
  },
  {
    name: "what the client made up in front of its own address",
    fields: { "x-forwarded-for": "127.0.0.1, 10.0.0.9, 192.0.2.1, 10.0.0.2" },
    is: { address: "192.0.2.1" },
  },
  {
    name: "several lines",
    fields: { "x-forwarded-for": ["192.0.2.9", "192.0.2.1", "10.0.0.2"] },
    is: { address: "192.0.2.1" },
  },
  {
    name: "none but trusted",
    fields: { "x-forwarded-for": "10.0.0.3, 10.0.0.2" },
    is: { address: "10.0.0.3" },
  },
  { name: "a port", fields: { "x-forwarded-for": "192.0.2.1:443" }, is: { address: "192.0.2.1" } },
  {
    name: "IPv6, brackets and a port",
    fields: { "x-forwarded-for": "2001:DB8:0::1, [fd00::1]:443" },
    is: { address: "2001:db8::1" },
  },
  {
    name: "IPv4 mapped into IPv6",
    connection: "::ffff:10.0.0.1",
    fields: { "x-forwarded-for": "::ffff:192.0.2.1" },
    is: { address: "192.0.2.1" },
  },
  {
    name: "IPv4 mapped into IPv6 as connection",
    connection: "::ffff:198.51.100.1",
    fields: {},
    is: { address: "198.51.100.1" },
  },
  { name: "unknown", fields: { "x-forwarded-for": "192.0.2.1, unknown" }, is: { address: "" } },
  { name: "garbage", fields: { "x-forwarded-for": "192.0.2.1, <script>" }, is: { address: "" } },
  { name: "an empty member", fields: { "x-forwarded-for": "192.0.2.1," }, is: { address: "" } },
  {
    name: "garbage left of the client",
    fields: { "x-forwarded-for": "x, 192.0.2.1" },
    is: { address: "192.0.2.1" },
  },
  {
    name: "a unix socket within the chain",
    connection: "",
    fields: { "x-forwarded-for": "192.0.2.1, unix:" },
    is: { address: "192.0.2.1" },
  },
  {
    name: "the scheme and host that one proxy wrote",
    fields: {
      "x-forwarded-for": "192.0.2.1, 10.0.0.2",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "example.com:8443",
    },
    is: { address: "192.0.2.1", scheme: "https", host: "example.com:8443" },
  },
  {
    name: "schemes and hosts hop by hop",
    fields: {
      "x-forwarded-for": "192.0.2.9, 192.0.2.1, 10.0.0.2",
      "x-forwarded-proto": "http, https, http",
      "x-forwarded-host": "evil, example.com, inner",
    },
    is: { address: "192.0.2.1", scheme: "https", host: "example.com" },
  },
  {
    name: "more schemes than hops: the last is certain",
    fields: { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "http, https" },
    is: { address: "192.0.2.1", scheme: "https" },
  },
  {
    name: "a scheme without a chain",
    fields: { "x-forwarded-proto": "WSS" },
    is: { address: PROXY, scheme: "https" },
  },
  {
    name: "ws, which is http",
    fields: { "x-forwarded-proto": "ws" },
    is: { address: PROXY, scheme: "http" },
  },
  {
    name: "an unknown scheme and a malformed host",
    fields: { "x-forwarded-proto": "ftp", "x-forwarded-host": "a/b" },
    is: { address: PROXY },
  },
  {
    name: "Forwarded, which is not believed",
    fields: { forwarded: "for=192.0.2.1;proto=https" },
    is: { address: PROXY },
  },
];

const FORWARDED: readonly Case[] = [
  { name: "no field", fields: {}, is: { address: PROXY } },
  {
    name: "X-Forwarded-For, which is not believed",
    fields: { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" },
    is: { address: PROXY },
  },
  {
    name: "scheme and host of the client's hop",
    fields: {
      forwarded: [
        "for=127.0.0.1;proto=http;host=evil",
        'for="192.0.2.1:99";proto=https;host="example.com:8443", for=10.0.0.2;proto=http;host=inner',
      ],
    },
    is: { address: "192.0.2.1", scheme: "https", host: "example.com:8443" },
  },
  {
    name: "IPv6",
    fields: { forwarded: 'for="[2001:db8::1]"' },
    is: { address: "2001:db8::1" },
  },
  {
    name: "unknown, whose scheme is known",
    fields: { forwarded: "for=192.0.2.1, for=unknown;proto=https" },
    is: { address: "", scheme: "https" },
  },
  {
    name: "an obfuscated name",
    fields: { forwarded: "for=_a, for=10.0.0.2" },
    is: { address: "" },
  },
  {
    name: "a hop without for",
    fields: { forwarded: "for=192.0.2.1, by=10.0.0.2" },
    is: { address: "" },
  },
  {
    name: "an untrusted connection with a broken field",
    connection: "198.51.100.1",
    fields: { forwarded: 'for="' },
    is: { address: "198.51.100.1" },
  },
];

for (const [believe, cases] of [["x-forwarded", X], ["forwarded", FORWARDED]] as const) {
  for (const { name, fields, connection = PROXY, is } of cases) {
    Deno.test(`clientAddress() believing ${believe} sees ${name}`, () => {
      assertEquals(clientAddress(new HeaderList(fields), connection, { trusted, believe }), {
        address: "?",
        scheme: null,
        host: null,
        ...is,
      });
    });
  }
}

Deno.test("clientAddress() throws bad_request for a broken Forwarded of a trusted proxy", () => {
  // What a client sends and a proxy joins its own word to: the address must not come out as the proxy's.
  const headers = new HeaderList({ forwarded: 'for="x, for=192.0.2.1' });
  const error = assertThrows(
    () => clientAddress(headers, PROXY, { trusted, believe: "forwarded" }),
    ProxyError,
  );
  assertEquals(error.kind, "bad_request");
});

const member = fc.oneof(
  fc.ipV4(),
  fc.constantFrom("10.0.0.7", "127.0.0.1", "unknown", "", "x", "[::1]:1", "fd00::1", '"', "a;b=c"),
);

Deno.test("clientAddress() is what the trusted proxy saw, whatever the client sends (property)", () => {
  fc.assert(
    fc.property(fc.array(member, { maxLength: 6 }), fc.nat(2), (sent, proxies) => {
      const own = ["192.0.2.1", "10.0.0.8", "10.0.0.9"].slice(0, proxies + 1);
      const headers = new HeaderList({ "x-forwarded-for": [...sent, ...own].join(", ") });
      assertEquals(clientAddress(headers, PROXY, { trusted }).address, "192.0.2.1");
      const hops = [...sent.filter((one) => /^[\d.]+$/.test(one)), ...own];
      headers.set("forwarded", formatForwarded(hops.map((hop) => ({ for: hop }))));
      assertEquals(
        clientAddress(headers, PROXY, { trusted, believe: "forwarded" }).address,
        "192.0.2.1",
      );
    }),
    { numRuns: 500, verbose: 1 },
  );
});
