import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PointIndex } from "../../ketama/_point_index.ts";
import { mergePoints, type Points, sortPoints } from "../../ketama/_points.ts";

const MAX = 0xffffffff;
// Places at both ends, crowds in one bucket, equal ones, and any.
const hash = fc.oneof(
  fc.constantFrom(0, 1, MAX - 1, MAX, 0x80000000),
  fc.integer({ min: 5_000, max: 5_020 }),
  fc.integer({ min: 0, max: MAX }),
);

Deno.test("PointIndex.search() finds what a look through all points finds (property)", () => {
  const hashes = fc.array(hash, { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(hashes, fc.array(hash, { maxLength: 20 }), (hashes, sought) => {
      const sorted = Uint32Array.from(hashes).sort();
      const index = new PointIndex(sorted);
      for (const hash of [...sought, ...hashes]) {
        assertEquals(index.search(hash), Math.max(0, sorted.findIndex((each) => each >= hash)));
      }
    }),
    { numRuns: 400, verbose: 1 },
  );
});

type Pair = [hash: number, owner: number];
function pointsOf(pairs: readonly Pair[]): Points {
  return {
    hashes: Uint32Array.from(pairs, ([hash]) => hash),
    owners: Uint32Array.from(pairs, ([, owner]) => owner),
  };
}
function naiveSort(pairs: readonly Pair[]): Points {
  return pointsOf(pairs.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
}

Deno.test("sortPoints() sorts by hash, then by owner (property)", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hash, fc.nat({ max: 2 ** 21 - 1 }))), (pairs) => {
      assertEquals(sortPoints(pointsOf(pairs)), naiveSort(pairs));
    }),
    { numRuns: 200, verbose: 1 },
  );
});

Deno.test("mergePoints() makes what a sort of all points would (property)", () => {
  // Owners 0 to 3 become any of 0 to 7, or go; the others are fresh ones.
  const names = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
  const gone = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
  const points = fc.array(fc.tuple(hash, fc.nat({ max: 3 })), { maxLength: 40 });
  fc.assert(
    fc.property(points, points, names, gone, (old, fresh, names, gone) => {
      const renamed = Int32Array.from(gone, (isGone, owner) => isGone ? -1 : names[owner]);
      const own = fresh.map(([hash, owner]): Pair => [hash, names[4 + owner]]);
      const kept = old.filter(([, owner]) => !gone[owner])
        .map(([hash, owner]): Pair => [hash, names[owner]]);
      const merged = mergePoints(naiveSort(old), renamed, naiveSort(own));
      assertEquals(merged, naiveSort([...kept, ...own]));
    }),
    { numRuns: 400, verbose: 1 },
  );
});
