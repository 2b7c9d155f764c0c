import { checkHashServers, type KetamaServer } from "./ketama_server.ts";
import { PointIndex } from "./_point_index.ts";
import { MAX_OWNERS, mergePoints, noPoints, type Points, sortPoints } from "./_points.ts";
import type { Variant } from "./_variant.ts";

/** More is a mistake in the weights: 2^24 points take 200 MB. */
const MAX_POINTS = 2 ** 24;

/** A ring at rest: all that look-ups read, and what the next ring can take over. */
export interface RingState {
  readonly servers: readonly Required<KetamaServer>[];
  /** Index of each address. */
  readonly indexes: ReadonlyMap<string, number>;
  /** Number of points of each server. */
  readonly counts: readonly number[];
  readonly points: Points;
  /** Null where there are no points. */
  readonly index: PointIndex | null;
}

/** The state without servers. */
export const emptyState: RingState = {
  servers: [],
  indexes: new Map(),
  counts: [],
  points: noPoints,
  index: null,
};

/** The state of a list of servers. Only points that the previous state lacks are computed and sorted. */
export function buildState(
  list: readonly KetamaServer[],
  { variant, pointsPerWeight, previous }: {
    variant: Variant;
    pointsPerWeight: number;
    previous: RingState;
  },
): RingState {
  const servers = checkHashServers(list);
  const indexes = new Map(servers.map(({ address }, index) => [address, index]));
  const counts = variant.countPoints(servers.map(({ weight }) => weight), pointsPerWeight);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > MAX_POINTS || servers.length > MAX_OWNERS) {
    throw new RangeError(`Cannot place ${servers.length} servers: ${total} points are too many`);
  }

  const renamed = Int32Array.from(previous.servers, ({ address }, old) => {
    const index = indexes.get(address);
    return index !== undefined && counts[index] === previous.counts[old] ? index : -1;
  });
  const kept = new Set(renamed);
  const changed = servers.map((_, index) => index).filter((index) => !kept.has(index));
  const fresh = freshPoints(changed, { servers, counts, variant });
  const points = mergePoints(previous.points, renamed, fresh);
  const index = points.hashes.length === 0 ? null : new PointIndex(points.hashes);
  return { servers, indexes, counts, points, index };
}

function freshPoints(
  changed: readonly number[],
  { servers, counts, variant }: {
    servers: readonly Required<KetamaServer>[];
    counts: readonly number[];
    variant: Variant;
  },
): Points {
  const length = changed.reduce((sum, index) => sum + counts[index], 0);
  const hashes = new Uint32Array(length);
  const owners = new Uint32Array(length);
  let at = 0;
  for (const index of changed) {
    variant.writePoints(servers[index].address, counts[index], hashes, at);
    owners.fill(index, at, at + counts[index]);
    at += counts[index];
  }
  return sortPoints({ hashes, owners });
}
