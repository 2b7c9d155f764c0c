/** Points in ring order: by hash, and by owner where hashes are equal. */
export interface Points {
  readonly hashes: Uint32Array<ArrayBuffer>;
  /** The server of each point, as an index. */
  readonly owners: Uint32Array<ArrayBuffer>;
}

/** More owners would not fit beside a hash into the 53 bits of a number. */
export const MAX_OWNERS = 2 ** 21;

/** No points. */
export const noPoints: Points = { hashes: new Uint32Array(0), owners: new Uint32Array(0) };

/** Brings points into ring order. Numbers in a typed array sort ten times as fast as objects with a comparison. */
export function sortPoints({ hashes, owners }: Points): Points {
  const packed = new Float64Array(hashes.length);
  for (let i = 0; i < packed.length; i++) packed[i] = hashes[i] * MAX_OWNERS + owners[i];
  packed.sort();
  const sorted = { hashes: new Uint32Array(packed.length), owners: new Uint32Array(packed.length) };
  for (let i = 0; i < packed.length; i++) {
    const hash = Math.floor(packed[i] / MAX_OWNERS);
    sorted.hashes[i] = hash;
    sorted.owners[i] = packed[i] - hash * MAX_OWNERS;
  }
  return sorted;
}

/**
 * Joins points that stay with fresh ones, in one pass.
 *
 * @param old points in ring order
 * @param renamed the new index of each old owner, -1 where its points go
 * @param fresh points in ring order, under their new indexes
 */
export function mergePoints(old: Points, renamed: Int32Array, fresh: Points): Points {
  let kept = 0;
  for (let i = 0; i < old.owners.length; i++) if (renamed[old.owners[i]] >= 0) kept++;
  const length = kept + fresh.hashes.length;
  const hashes = new Uint32Array(length);
  const owners = new Uint32Array(length);
  let at = 0;
  let next = 0;
  for (let i = 0; i < old.hashes.length; i++) {
    const owner = renamed[old.owners[i]];
    if (owner < 0) continue;
    const hash = old.hashes[i];
    while (next < fresh.hashes.length && fresh.hashes[next] <= hash) {
      place(hashes, owners, at++, fresh.hashes[next], fresh.owners[next]);
      next++;
    }
    place(hashes, owners, at++, hash, owner);
  }
  for (; next < fresh.hashes.length; next++) {
    place(hashes, owners, at++, fresh.hashes[next], fresh.owners[next]);
  }
  return { hashes, owners };
}

/** Appends a point; among those of its hash it moves up to where its owner belongs. */
function place(
  hashes: Uint32Array,
  owners: Uint32Array,
  at: number,
  hash: number,
  owner: number,
): void {
  hashes[at] = hash;
  while (at > 0 && hashes[at - 1] === hash && owners[at - 1] > owner) {
    owners[at] = owners[at - 1];
    at--;
  }
  owners[at] = owner;
}
