import type { KetamaServer } from "@pingo/pingo/ketama";

/** CRC-32 bit by bit, from its definition. */
export function naiveCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xedb88320n : crc >> 1n;
  }
  return Number(crc ^ 0xffffffffn);
}

/**
 * The ring of ngx_http_upstream_hash_module.c without any trick: whole inputs hashed, objects sorted, points of one
 * place dropped but the first, a look through all of them.
 */
export function naiveNginxRing(
  servers: readonly KetamaServer[],
  pointsPerWeight = 160,
): { order(key: string): string[] } {
  const encoder = new TextEncoder();
  const points: { hash: number; address: string }[] = [];
  for (const { address, weight = 1 } of servers) {
    let host = address;
    let port = "";
    const colon = address.lastIndexOf(":");
    if (address.toLowerCase().startsWith("unix:")) {
      host = address.slice(5);
    } else if (colon >= 0 && [...address.slice(colon + 1)].every((c) => c >= "0" && c <= "9")) {
      host = address.slice(0, colon);
      port = address.slice(colon + 1);
    }
    const previous = new DataView(new ArrayBuffer(4));
    for (let i = 0; i < weight * pointsPerWeight; i++) {
      const name = encoder.encode(`${host}\0${port}`);
      const hash = naiveCrc32(new Uint8Array([...name, ...new Uint8Array(previous.buffer)]));
      points.push({ hash, address });
      previous.setUint32(0, hash, true);
    }
  }
  points.sort((a, b) => a.hash - b.hash);
  const ring = points.filter(({ hash }, i) => i === 0 || hash !== points[i - 1].hash);
  return {
    order(key) {
      const hash = naiveCrc32(encoder.encode(key));
      const from = Math.max(0, ring.findIndex((point) => point.hash >= hash));
      return [
        ...new Set([...ring.slice(from), ...ring.slice(0, from)].map(({ address }) => address)),
      ];
    },
  };
}
