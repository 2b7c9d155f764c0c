/**
 * Fields that are meant for every recipient, by what removing them would do. "A sender MUST NOT send a
 * connection option corresponding to a field that is intended for all recipients" (RFC 9110 §7.6.1).
 */
const END_TO_END: ReadonlySet<string> = new Set([
  // Who asks, and what a browser says of where the request comes from.
  ["authorization", "cookie", "from", "origin", "referer", "user-agent", "x-csrf-token"],
  // What was granted.
  ["authentication-info", "set-cookie", "www-authenticate", "strict-transport-security"],
  // Where the request goes, and the way it came.
  ["host", "via", "forwarded", "max-forwards", "cdn-loop", "x-request-id"],
  ["traceparent", "tracestate", "baggage", "priority"],
  // Whose address: what proxies and networks in front of this one write.
  ["x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip"],
  ["fastly-client-ip", "client-ip"],
  // How far and whether a cache may answer.
  ["age", "cache-control", "date", "etag", "expires", "last-modified", "pragma", "vary", "warning"],
  // What is asked for.
  ["accept", "accept-charset", "accept-encoding", "accept-language", "expect", "range"],
  // What the answer says of itself.
  ["accept-ranges", "allow", "link", "location", "retry-after", "server"],
  ["referrer-policy", "x-content-type-options", "x-frame-options"],
].flat());

/** Families of such fields, named by how they begin. */
const END_TO_END_FAMILIES: readonly string[] = [
  "content-",
  "x-forwarded-",
  "if-",
  "sec-",
  "access-control-",
  "x-original-",
];

/** Whether a field, named in lower case, is one that no `Connection` may nominate. */
export function isEndToEnd(name: string): boolean {
  return END_TO_END.has(name) || END_TO_END_FAMILIES.some((family) => name.startsWith(family));
}
