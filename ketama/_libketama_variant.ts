import { md5 } from "./_md5.ts";
import type { Variant } from "./_variant.ts";

const digest = new Uint32Array(4);

/**
 * The ring of libketama (Richard Jones, Last.fm 2007): the four words of MD5("ADDRESS-N") are points, 40 digests for a
 * server of mean weight; a key lies at the first word of its MD5.
 */
export const libketamaVariant: Variant = {
  hashKey(key) {
    md5(key, digest);
    return digest[0];
  },

  countPoints(weights, pointsPerWeight) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // ketama.c computes the share and the count in single precision, which decides where a count is nearly whole.
    return weights.map((weight) => {
      const share = Math.fround(Math.fround(weight) / Math.fround(total));
      return 4 * Math.floor(Math.fround(share * (pointsPerWeight / 4) * weights.length));
    });
  },

  writePoints(address, count, points, at) {
    for (let i = 0; i < count; i += 4) {
      md5(`${address}-${i / 4}`, digest);
      points.set(digest, at + i);
    }
  },
};
