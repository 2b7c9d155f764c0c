/**
 * The 4 bytes of an IPv4 address in its one form: four decimal numbers without leading zeros, which
 * other programs read as octal ones.
 *
 * @returns null when it is none
 */
export function ipv4Bytes(text: string): Uint8Array | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (let at = 0; at < 4; at++) {
    const number = /^(?:0|[1-9]\d{0,2})$/.test(parts[at]) ? Number(parts[at]) : 256;
    if (number > 255) return null;
    bytes[at] = number;
  }
  return bytes;
}

/**
 * The 16 bytes of an IPv6 address (RFC 4291 §2.2): groups, one `::`, and an IPv4 address at the end.
 * Zones mean nothing to another machine and are refused.
 *
 * @returns null when it is none
 */
export function ipv6Bytes(text: string): Uint8Array | null {
  const gap = text.indexOf("::");
  if (gap < 0) return groupsBytes(text, true, 16);
  if (text.indexOf("::", gap + 1) >= 0) return null;
  const head = groupsBytes(text.slice(0, gap), false, null);
  const tail = groupsBytes(text.slice(gap + 2), true, null);
  // The gap stands for one group at least.
  if (head === null || tail === null || head.byteLength + tail.byteLength > 14) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.byteLength);
  return bytes;
}

/** The bytes of groups between colons; the last may be an IPv4 address. */
function groupsBytes(text: string, isTail: boolean, length: number | null): Uint8Array | null {
  const groups = text === "" ? [] : text.split(":");
  if (groups.length > 8) return null;
  const bytes: number[] = [];
  for (const [at, group] of groups.entries()) {
    if (group.includes(".")) {
      const dotted = isTail && at === groups.length - 1 ? ipv4Bytes(group) : null;
      if (dotted === null) return null;
      bytes.push(...dotted);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
      const number = parseInt(group, 16);
      bytes.push(number >> 8, number & 0xff);
    }
  }
  return length !== null && bytes.length !== length ? null : Uint8Array.from(bytes);
}

/** The text of 4 bytes. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** The one text of 16 bytes (RFC 5952), so that an address is the same key whoever wrote it. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(bytes[at] << 8 | bytes[at + 1]);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${ipv4Text(bytes.subarray(12))}`;
  const [start, end] = longestZeros(groups);
  const texts = groups.map((group) => group.toString(16));
  if (end - start < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(end).join(":")}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): [start: number, end: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best[1] - best[0]) best = [start, end];
  }
  return best;
}
