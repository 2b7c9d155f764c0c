import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TrustedProxies } from "../../../../core/http/mod.ts";

type Case = readonly [entry: string, trusted: string[], others: string[]];

const CASES: readonly Case[] = [
  ["192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"], ["192.0.2.2", "::c000:201"]],
  ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["11.0.0.0", "9.255.255.255"]],
  ["10.1.2.3/8", ["10.0.0.1"], ["11.1.2.3"]],
  ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::1", "::"]],
  ["::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "0.0.0.1"]],
  ["2001:db8::/32", ["2001:DB8::1", "2001:db8:ffff::"], ["2001:db9::"]],
  ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1"]],
  ["::/0", ["::", "2001:db8::1"], ["1.2.3.4", "::ffff:1.2.3.4"]],
  ["::ffff:10.0.0.0/104", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.0", "::a00:1"]],
  ["fe80::/10", ["fe80::1", "fe80::1%eth0"], ["fec0::1"]],
  ["loopback", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"], ["128.0.0.1", "10.0.0.1"]],
  ["private", [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.9.9",
    "192.168.1.1",
    "fd00::1",
    "127.0.0.1",
    "::1",
  ], [
    "172.32.0.1",
    "172.15.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "fe80::1",
    "8.8.8.8",
  ]],
  ["unix", [""], ["127.0.0.1", "unix:", "unix"]],
];

for (const [entry, trusted, others] of CASES) {
  Deno.test(`TrustedProxies.isTrusted() with ${entry}`, () => {
    const proxies = new TrustedProxies([entry]);
    // Twice: the second answer is remembered.
    for (const address of [...trusted, ...trusted]) {
      assertEquals(proxies.isTrusted(address), true, address);
    }
    for (const address of [...others, ...others]) {
      assertEquals(proxies.isTrusted(address), false, address);
    }
  });
}

Deno.test("TrustedProxies.isTrusted() trusts nobody when the list is empty", () => {
  const nobody = new TrustedProxies([]);
  for (const address of ["127.0.0.1", "::1", "", "x"]) {
    assertEquals(nobody.isTrusted(address), false);
  }
});

Deno.test("TrustedProxies.isTrusted() is false for what is no plain address", () => {
  const all = new TrustedProxies(["0.0.0.0/0", "::/0", "unix"]);
  const texts = ["localhost", "1.2.3", "1.2.3.4:80", "[::1]", "010.0.0.1", "0x7f.0.0.1", "127.1"];
  texts.push("1.2.3.4 ", "::ffff:010.0.0.1", "1.2.3.4/8", "unknown", "_x", "2130706433", "::1::");
  for (const text of texts) assertEquals(all.isTrusted(text), false, text);
});

for (
  const entry of [
    "",
    "x",
    "10.0.0",
    "10/8",
    "10.0.0.0/",
    "10.0.0.0/x",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
  ]
) {
  Deno.test(`TrustedProxies() throws a TypeError for ${JSON.stringify(entry)}`, () => {
    assertThrows(() => new TrustedProxies(["::1", entry]), TypeError, "Cannot trust");
  });
}

for (const entry of ["10.0.0.0/33", "::/129", "::ffff:10.0.0.0/95", "1.2.3.4/999"]) {
  Deno.test(`TrustedProxies() throws a RangeError for ${entry}`, () => {
    assertThrows(() => new TrustedProxies([entry]), RangeError, "does not fit");
  });
}

for (const maxRemembered of [0, -1, 1.5, NaN]) {
  Deno.test(`TrustedProxies() throws a RangeError for maxRemembered ${maxRemembered}`, () => {
    assertThrows(() => new TrustedProxies([], { maxRemembered }), RangeError, "maxRemembered");
  });
}

Deno.test("TrustedProxies.isTrusted() agrees with the bits of the address, whatever it remembers (property)", () => {
  const address = fc.tuple(fc.constantFrom(10, 11), fc.nat(3), fc.nat(3), fc.nat(255));
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), fc.array(address), (net, bits, asked) => {
      const proxies = new TrustedProxies([`${net.join(".")}/${bits}`], { maxRemembered: 2 });
      for (const one of asked) {
        const isSame = binary(one).slice(0, bits) === binary(net).slice(0, bits);
        assertEquals(proxies.isTrusted(one.join(".")), isSame);
        assertEquals(proxies.isTrusted(`::ffff:${one.join(".")}`), isSame);
      }
    }),
    { numRuns: 300, verbose: 1 },
  );
});

function binary(octets: readonly number[]): string {
  return octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
}
