import { assertEquals } from "@std/assert";
import { isPublicAddress } from "../../../core/mod.ts";

const PUBLIC = ["1.1.1.1", "93.184.215.14", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"];

/** Each with the registry's reason (RFC 6890 and its updates). */
const SPECIAL: Readonly<Record<string, string>> = {
  "0.0.0.0": "this host",
  "10.1.2.3": "private",
  "100.64.0.1": "shared by carriers",
  "127.0.0.53": "loopback",
  "169.254.169.254": "link-local",
  "172.16.0.1": "private",
  "192.168.1.1": "private",
  "192.0.2.1": "documentation",
  "198.18.0.1": "benchmarking",
  "224.0.0.1": "multicast",
  "240.0.0.1": "reserved",
  "255.255.255.255": "broadcast",
  "::": "unspecified",
  "::1": "loopback",
  "::127.0.0.1": "IPv4-compatible",
  "::ffff:127.0.0.1": "mapped",
  "64:ff9b::7f00:1": "NAT64",
  "64:ff9b:1::7f00:1": "local NAT64",
  "2002:7f00:1::": "6to4",
  "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo",
  "2001:db8::1": "documentation",
  "fe80::1": "link-local",
  "fec0::1": "site-local",
  "fd00::1": "unique local",
  "ff02::1": "multicast",
  "0x7f.1": "no address",
  "2130706433": "no address",
  "localhost": "no address",
  "": "no address",
};

Deno.test("isPublicAddress() is true for addresses of the internet", () => {
  for (const address of PUBLIC) assertEquals(isPublicAddress(address), true, address);
});

for (const [address, why] of Object.entries(SPECIAL)) {
  Deno.test(`isPublicAddress() is false for "${address}": ${why}`, () => {
    assertEquals(isPublicAddress(address), false);
  });
}
