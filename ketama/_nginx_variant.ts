import { crc32, updateCrc32, updateCrc32Word } from "./crc32.ts";
import type { Variant } from "./_variant.ts";

/**
 * The ring of nginx's `hash … consistent` (ngx_http_upstream_hash_module), which Cache::Memcached::Fast and Pingora
 * share: a point is crc32(HOST \0 PORT PREVIOUS), PREVIOUS the point before in four bytes, 0 for the first.
 */
export const nginxVariant: Variant = {
  hashKey: crc32,

  countPoints(weights, pointsPerWeight) {
    return weights.map((weight) => Math.max(1, Math.round(weight * pointsPerWeight)));
  },

  writePoints(address, count, points, at) {
    const { host, port } = splitAddress(address);
    const base = updateCrc32(-1, `${host}\0${port}`);
    let previous = 0;
    for (let i = 0; i < count; i++) {
      previous = ~updateCrc32Word(base, previous);
      points[at + i] = previous;
    }
  },
};

/** As nginx does it: `unix:` in any case goes, digits behind the last colon are the port, all else is host. */
function splitAddress(address: string): { host: string; port: string } {
  if (/^unix:/i.test(address)) return { host: address.slice(5), port: "" };
  const [, host = address, port = ""] = /^([^]*):([0-9]*)$/.exec(address) ?? [];
  return { host, port };
}
