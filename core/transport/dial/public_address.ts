import ipaddr from "ipaddr.js";

/**
 * Whether an address is one of the public internet: not loopback, private (RFC 1918, RFC 4193), link-local
 * (where clouds keep their credentials: 169.254.169.254), shared (RFC 6598), multicast or reserved, and
 * none that leads to such an IPv4 address by another way (mapped, NAT64, 6to4, Teredo). What is no address
 * is not public.
 *
 * A proxy that dials what clients name asks this of the address that is really dialled, never of the name:
 * names may answer differently a second time.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isPublicAddress } from "@pingo/pingo/core";
 *
 * assert(isPublicAddress("93.184.215.14"));
 * assertFalse(isPublicAddress("169.254.169.254"));
 * assertFalse(isPublicAddress("::ffff:10.0.0.1"));
 * assertFalse(isPublicAddress("localhost"));
 * ```
 */
export function isPublicAddress(address: string): boolean {
  if (!address.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  // Of IPv6 only 2000::/3 was given out (RFC 4291 §2.4); `unicast` is all that has no other name.
  return !(parsed instanceof ipaddr.IPv6) || (parsed.parts[0] & 0xe000) === 0x2000;
}
