import type { FetchInfo } from "../http/mod.ts";

const MAPPED = "::ffff:";

/**
 * The same information with an IPv4 address in its own form. On a socket for IPv6 and IPv4 the system
 * writes `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2), which lists of trusted proxies, limits and logs would
 * take for another client.
 */
export function unmapClient(info: FetchInfo): FetchInfo {
  const address = info.remoteAddr;
  if (!address?.hostname?.startsWith(MAPPED)) return info;
  const hostname = address.hostname.slice(MAPPED.length);
  return {
    remoteAddr: { transport: address.transport, hostname, port: address.port },
    completed: info.completed,
  };
}
