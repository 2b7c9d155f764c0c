const COLON = 58;
const OPEN = 91;
const CLOSE = 93;

/** 1 for what a registered name or IPv4 address may hold, 2 for an IPv6 address between brackets, 3 for both. */
const HOST_BYTES: Uint8Array = /* @__PURE__ */ hostTable();

function hostTable(): Uint8Array {
  const table = new Uint8Array(256);
  const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%";
  for (let i = 0; i < all.length; i++) table[all.charCodeAt(i)] |= 1;
  const address = "0123456789abcdefABCDEF:.";
  for (let i = 0; i < address.length; i++) table[address.charCodeAt(i)] |= 2;
  return table;
}

/**
 * Where the host of an authority ends: `end`, or the colon before its port; -1 when the bytes are no
 * host with an optional port (RFC 9110 §7.2). The rules of {@linkcode isAuthority}, over bytes.
 */
export function hostEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  if (start < end && bytes[start] === OPEN) {
    let colons = 0;
    for (i++; i < end && (HOST_BYTES[bytes[i]] & 2) !== 0; i++) if (bytes[i] === COLON) colons++;
    if (colons === 0 || i === end || bytes[i] !== CLOSE) return -1;
    i++;
  } else {
    while (i < end && (HOST_BYTES[bytes[i]] & 1) !== 0) i++;
    if (i === start) return -1;
  }
  if (i === end) return end;
  if (bytes[i] !== COLON || end - i > 6) return -1;
  for (let j = i + 1; j < end; j++) if (bytes[j] < 48 || bytes[j] > 57) return -1;
  return i;
}

/** Whether a port from 1 to 65535 stands behind the host, as CONNECT needs it (RFC 9112 §3.2.3). */
export function hasPort(bytes: Uint8Array, hostEnd: number, end: number): boolean {
  let port = 0;
  for (let i = hostEnd + 1; i < end; i++) port = port * 10 + bytes[i] - 48;
  return port >= 1 && port <= 65535;
}
