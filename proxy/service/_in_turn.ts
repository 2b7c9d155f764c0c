import { type Peer, peer, peerAddress, type Selection, type Upstream } from "../../core/mod.ts";

/**
 * An upstream out of several peers that are taken in turn. A peer that the exchange has been sent to
 * before is passed over while there is another one; when all have been tried, it goes on in turn.
 *
 * @param upstreams peers or their addresses; one that stands twice gets twice as much
 * @throws {TypeError} when there is none, or an address cannot be understood
 */
export function inTurn(upstreams: readonly (string | Peer)[]): Upstream {
  if (upstreams.length === 0) {
    throw new TypeError("Cannot choose an upstream: upstreams is empty");
  }
  const selections: Selection[] = upstreams.map((each) => ({
    peer: typeof each === "string" ? peer(each) : each,
  }));
  let next = 0;

  function take(): Selection {
    const selection = selections[next];
    next = (next + 1) % selections.length;
    return selection;
  }

  return {
    select(_exchange, { tried }) {
      for (let looked = 0; looked < selections.length; looked++) {
        const selection = take();
        if (!tried.some((peer) => isSame(peer, selection.peer))) return selection;
      }
      return take();
    },
  };
}

/** Whether two peers are one server, whatever is said to it. */
function isSame(one: Peer, other: Peer): boolean {
  return one === other || peerAddress(one) === peerAddress(other);
}
