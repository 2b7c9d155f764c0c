/** The groups of the address that is looked at: one array for all, since nothing runs in between. */
const groups = new Uint16Array(8);

/**
 * The network of an IPv6 address: `2001:db8:1:2:3::4` and 64 bits give `2001:db8:1:2::/64`. What is no
 * address, which no socket gives, stays as it is.
 */
export function ipv6Network(address: string, bits: number): string {
  if (!parse(address)) return address;
  let text = "";
  for (let i = 0; 16 * i < bits; i++) {
    const kept = Math.min(16, bits - 16 * i);
    text += `${(groups[i] & (0xffff << (16 - kept))).toString(16)}:`;
  }
  return bits > 112 ? `${text.slice(0, -1)}/${bits}` : `${text}:/${bits}`;
}

/** Reads an address as systems write it (RFC 5952), with or without a zone; without dotted IPv4 at the end. */
function parse(address: string): boolean {
  const zone = address.indexOf("%");
  const end = zone === -1 ? address.length : zone;
  groups.fill(0);
  let count = 0;
  let gap = -1;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= end; i++) {
    const c = i === end ? 58 : address.charCodeAt(i);
    const digit = hexDigit(c);
    if (digit >= 0) {
      value = value * 16 + digit;
      if (++digits > 4) return false;
      continue;
    }
    if (c !== 58) return false;
    if (digits > 0) {
      if (count === 8) return false;
      groups[count++] = value;
      value = digits = 0;
    } else if (i !== end && i !== 0) {
      if (gap !== -1) return false;
      gap = count;
    }
  }
  if (gap === -1) return count === 8;
  // What stands behind the gap moves to the end.
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return count < 8;
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 97 && c <= 102) return c - 87;
  return c >= 65 && c <= 70 ? c - 55 : -1;
}
