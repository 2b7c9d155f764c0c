import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatForwarded, type ForwardedHop, parseForwarded } from "../../../../core/http/mod.ts";

const VALID: readonly (readonly [value: string, hops: ForwardedHop[]])[] = [
  // The examples of RFC 7239 §4, §6.3 and §7.1.
  ['for="_gazonk"', [{ for: "_gazonk" }]],
  ['For="[2001:db8:cafe::17]:4711"', [{ for: "[2001:db8:cafe::17]:4711" }]],
  ["for=192.0.2.60;proto=http;by=203.0.113.43", [
    { for: "192.0.2.60", proto: "http", by: "203.0.113.43" },
  ]],
  ["for=192.0.2.43, for=198.51.100.17", [{ for: "192.0.2.43" }, { for: "198.51.100.17" }]],
  ["for=_hidden, for=_SEVKISEK", [{ for: "_hidden" }, { for: "_SEVKISEK" }]],
  ['for=192.0.2.43, for="[2001:db8:cafe::17]", for=unknown', [
    { for: "192.0.2.43" },
    { for: "[2001:db8:cafe::17]" },
    { for: "unknown" },
  ]],
  ["for=192.0.2.43,for=unknown", [{ for: "192.0.2.43" }, { for: "unknown" }]],
  // Grammar.
  ["", []],
  [" , ,", []],
  ["PROTO=https;HOST=a", [{ proto: "https", host: "a" }]],
  ['host="example.com:8080"', [{ host: "example.com:8080" }]],
  ['host="[::1]:80"', [{ host: "[::1]:80" }]],
  ['for="192.0.2.1:_p-1"', [{ for: "192.0.2.1:_p-1" }]],
  ['for="unk\\nown"', [{ for: "unknown" }]],
  [";;for=unknown;;", [{ for: "unknown" }]],
  ["for=unknown ; proto=http", [{ for: "unknown", proto: "http" }]],
  ['secret="a,b;c=\\"d";for=unknown', [{ for: "unknown" }]],
  ["secret=x, for=unknown", [{}, { for: "unknown" }]],
];

for (const [value, hops] of VALID) {
  Deno.test(`parseForwarded() reads ${value}`, () => assertEquals(parseForwarded(value), hops));
}

const MALFORMED = [
  "for",
  "for=",
  "=a",
  "for =unknown",
  "for= unknown",
  'for="unknown',
  'for="unknown\\"',
  'for=unknown"',
  'for="unknown"x',
  "for=unknown proto=http",
  "for=unknown;for=unknown",
  "for=unknown;FOR=_a",
  "for=192.0.2.1:80",
  "for=[::1]",
  "for=2001:db8::1",
  'for="2001:db8::1"',
  "for=localhost",
  "for=_",
  'for="192.0.2.1:"',
  'for="192.0.2.1:123456"',
  'by="a b"',
  'host="a b"',
  'host="user@a"',
  'proto="1http"',
  'proto=""',
  "for=unknown, x",
  "f\xe9=a",
];

for (const value of MALFORMED) {
  Deno.test(`parseForwarded() gives null for ${value}`, () => {
    assertEquals(parseForwarded(value), null);
    assertEquals(parseForwarded(`for=192.0.2.1, ${value}`), null);
  });
}

Deno.test("formatForwarded() quotes what is no token and leaves out what is not there", () => {
  const hops = [{ for: "[::1]:80", by: "_me", host: "a:1", proto: "https" }, { for: undefined }];
  assertEquals(formatForwarded(hops), 'for="[::1]:80";by=_me;host="a:1";proto=https, ');
});

const node = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constant("unknown"),
  fc.stringMatching(/^_[A-Za-z0-9._-]{1,8}$/),
);
const nodeWithPort = fc.tuple(node, fc.constantFrom("", ":1", ":65535", ":_x")).map(([a, b]) =>
  a + b
);
const hop: fc.Arbitrary<ForwardedHop> = fc.record({
  for: nodeWithPort,
  by: nodeWithPort,
  host: fc.constantFrom("a", "example.com", "example.com:8080", "[::1]:1"),
  proto: fc.constantFrom("http", "https", "x+y"),
}, { requiredKeys: ["for"] });

Deno.test("parseForwarded() reads what formatForwarded() writes (property)", () => {
  fc.assert(
    fc.property(fc.array(hop), (hops) => {
      assertEquals(parseForwarded(formatForwarded(hops)), hops);
    }),
    { numRuns: 500, verbose: 1 },
  );
});

Deno.test("parseForwarded() gives hops or null for whatever is sent (property)", () => {
  const piece = fc.constantFrom(
    "for=",
    "a",
    '"',
    "\\",
    ";",
    ",",
    " ",
    "=",
    "192.0.2.1",
    "[::1]",
    "unknown",
    "_x",
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const hops = parseForwarded(pieces.join(""));
      if (hops === null) return;
      const known = hops.filter((hop) => Object.keys(hop).length > 0);
      assertEquals(parseForwarded(formatForwarded(known)), known);
    }),
    { numRuns: 3000, verbose: 1 },
  );
});
