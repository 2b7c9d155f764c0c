const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/**
 * A host name as TLS asks for it: small letters, no dot at the end. A star may stand for the first label.
 *
 * @returns null when it is none; an IP address is none (RFC 6066 §3)
 */
export function normalName(text: string): string | null {
  const name = (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
  if (name.length > 253 || !NAME.test(name)) return null;
  // The last label of a host name is no number, of an IPv4 address it is.
  return /(?:^|\.)\d+$/.test(name) ? null : name;
}

/** The name with a star in place of its first label (RFC 9525 §6.3), or null where there is but one. */
export function wildcardOf(name: string): string | null {
  const dot = name.indexOf(".");
  return dot > 0 ? `*${name.slice(dot)}` : null;
}
