import ipaddr from "ipaddr.js";

/** A parsed address; the type of the library stays inside this folder. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Parses an IP address; an IPv4 one mapped into IPv6 comes out as the IPv4 one that it is
 * (RFC 4291 §2.5.5.2), so that `::ffff:10.0.0.1` is inside of `10.0.0.0/8`.
 *
 * IPv4 has to be four decimal numbers: the `0x7f.1` and `010.0.0.1` of the C library mean different
 * addresses to different programs.
 *
 * @returns null when it is none
 */
export function parseIp(text: string): IpAddress | null {
  const isIpv6 = text.includes(":");
  if (!isIpv6 || text.includes(".")) {
    const dotted = text.slice(text.lastIndexOf(":") + 1);
    if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) return null;
  }
  if (!isIpv6) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : null;
}

/**
 * The address that a node of `X-Forwarded-For` or `Forwarded` names, in normal form: with or without
 * a port, IPv6 with or without brackets (`[2001:DB8::1]:80` gives `2001:db8::1`). `unix:`, which nginx
 * writes for a client on a unix socket, gives the empty text, as `Client.address` has it.
 *
 * @returns null when it names none: `unknown`, an obfuscated identifier, or anything else
 */
export function nodeAddress(node: string): string | null {
  if (node === "unix:") return "";
  let host = node;
  if (node.charCodeAt(0) === 91) {
    const parts = /^\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?$/.exec(node);
    if (parts === null || !parts[1].includes(":")) return null;
    host = parts[1];
  } else if (node.includes(".")) {
    // Of a bare IPv6 address the last group is no port.
    const parts = /^([\d.]+):\d{1,5}$/.exec(node);
    if (parts !== null) host = parts[1];
  }
  return parseIp(host)?.toString() ?? null;
}
