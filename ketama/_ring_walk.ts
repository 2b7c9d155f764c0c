import type { RingState } from "./_ring_state.ts";

/**
 * Goes through the servers of a ring in the order in which they lie behind a hash, each once. Made once, used for many
 * walks, one after another, without allocation.
 *
 * Of points at one place only the first counts, as nginx drops the others when it builds its ring. A server whose
 * points are all hidden in this way, or that has none, comes last.
 */
export class RingWalk {
  readonly #state: RingState;
  /** The round in which each server was met last: only one walk in 255 has to clear them. */
  readonly #marks: Uint8Array;
  #round = 0;
  #at = 0;
  /** Number of points not looked at yet. */
  #pointsLeft = 0;
  /** Number of servers not met yet. */
  #serversLeft = 0;
  #hidden = 0;

  constructor(state: RingState) {
    this.#state = state;
    this.#marks = new Uint8Array(state.servers.length);
  }

  /** Begins a walk. */
  start(hash: number): void {
    const { index, points, servers } = this.#state;
    if (this.#round === 255) {
      this.#marks.fill(0);
      this.#round = 0;
    }
    this.#round++;
    this.#at = index === null ? 0 : index.search(hash);
    this.#pointsLeft = points.hashes.length;
    this.#serversLeft = servers.length;
    this.#hidden = 0;
  }

  /** Index of the next server, -1 when each was there. */
  next(): number {
    if (this.#serversLeft === 0) return -1;
    const { hashes, owners } = this.#state.points;
    while (this.#pointsLeft > 0) {
      const at = this.#at;
      this.#at = at + 1 === owners.length ? 0 : at + 1;
      this.#pointsLeft--;
      const isHidden = at > 0 && hashes[at] === hashes[at - 1];
      if (!isHidden && this.#marks[owners[at]] !== this.#round) return this.#meet(owners[at]);
    }
    while (this.#marks[this.#hidden] === this.#round) this.#hidden++;
    return this.#meet(this.#hidden);
  }

  #meet(server: number): number {
    this.#marks[server] = this.#round;
    this.#serversLeft--;
    return server;
  }
}
