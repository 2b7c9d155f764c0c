/**
 * The order in which addresses are tried (RFC 8305 §4): the families take turns, IPv6 first. Within a
 * family it begins with another one each `turn`, so that connections spread over all of them.
 */
export function interleave(addresses: readonly string[], turn: number): string[] {
  const six = rotate(addresses.filter((address) => address.includes(":")), turn);
  const four = rotate(addresses.filter((address) => !address.includes(":")), turn);
  const ordered: string[] = [];
  for (let i = 0; i < six.length || i < four.length; i++) {
    if (i < six.length) ordered.push(six[i]);
    if (i < four.length) ordered.push(four[i]);
  }
  return ordered;
}

function rotate(addresses: string[], turn: number): string[] {
  if (addresses.length < 2) return addresses;
  const from = turn % addresses.length;
  return [...addresses.slice(from), ...addresses.slice(0, from)];
}
