import { type Peer, peer, peerAddress } from "../core/mod.ts";

/** A server that requests may go to, as a configuration or a discovery tells of it. */
export interface BackendOptions {
  /** Where it is: a peer, or what `peer()` of core reads (`host:port`, `https://host`, `unix:/path`). */
  readonly peer: string | Peer;
  /**
   * What it is known by: a backend with the same id is the same one after an update.
   *
   * @default {peerAddress(peer)}
   */
  readonly id?: string;
  /**
   * Its share of the traffic beside the others': a whole number from 0 to 65,535. With 0 it takes no new
   * traffic, as if it were drained.
   *
   * @default {1}
   */
  readonly weight?: number;
  /**
   * Its tier, a whole number from 0 to 127. Tier 0 is used first; the next one takes what the ones before
   * it cannot.
   *
   * @default {0}
   */
  readonly priority?: number;
  /**
   * Where it stands: a balancer that knows its own zone prefers it.
   *
   * @default {""}
   */
  readonly zone?: string;
  /**
   * How many attempts may be under way at once; a whole number from 1 on, or `Infinity`.
   *
   * @default {Infinity}
   */
  readonly maxConnections?: number;
}

/** The options of a backend, checked and whole. */
export interface BackendSettings {
  readonly id: string;
  readonly peer: Peer;
  readonly address: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  readonly maxConnections: number;
}

/**
 * Checks the options of a backend and fills in what is left out.
 *
 * @throws {TypeError} when the peer cannot be understood, or id or zone is no text
 * @throws {RangeError} when a number is out of its range
 */
export function backendSettings(options: BackendOptions): BackendSettings {
  const target = readPeer(options?.peer);
  const address = peerAddress(target);
  const { id = address, weight = 1, priority = 0, zone = "", maxConnections = Infinity } = options;
  if (typeof id !== "string" || id === "") {
    throw new TypeError(`Cannot make the backend ${address}: its id is no text, or empty`);
  }
  if (typeof zone !== "string") {
    throw new TypeError(`Cannot make the backend ${id}: its zone is no text`);
  }
  if (!Number.isInteger(weight) || weight < 0 || weight > 65_535) {
    throw new RangeError(
      `Cannot make the backend ${id}: weight ${weight} is not a whole number from 0 to 65535`,
    );
  }
  if (!Number.isInteger(priority) || priority < 0 || priority > 127) {
    throw new RangeError(
      `Cannot make the backend ${id}: priority ${priority} is not a whole number from 0 to 127`,
    );
  }
  if (maxConnections !== Infinity && (!Number.isInteger(maxConnections) || maxConnections < 1)) {
    throw new RangeError(
      `Cannot make the backend ${id}: maxConnections ${maxConnections} is not a whole number from 1 on`,
    );
  }
  return { id, peer: target, address, weight, priority, zone, maxConnections };
}

/** A peer as `peer()` of core would make it; lists of backends may come from anywhere. */
function readPeer(given: string | Peer | undefined): Peer {
  if (typeof given === "string") return peer(given);
  if (typeof given?.hostname !== "string" || given.hostname === "") {
    throw new TypeError("Cannot make a backend: its peer is none");
  }
  const { hostname, port, transport, scheme } = given;
  const isReachable = transport === "unix" ||
    (transport === "tcp" && Number.isInteger(port) && port >= 1 && port <= 65_535);
  if (!isReachable || (scheme !== "http" && scheme !== "https")) {
    throw new TypeError(
      `Cannot make the backend ${hostname}: ${transport}, port ${port}, ${scheme} is no way to it`,
    );
  }
  return given;
}

/** Whether two settings say the same. Peers are compared by what they hold. */
export function isSameSettings(one: BackendSettings, other: BackendSettings): boolean {
  return one.id === other.id && one.weight === other.weight && one.priority === other.priority &&
    one.zone === other.zone && one.maxConnections === other.maxConnections &&
    (one.peer === other.peer || JSON.stringify(one.peer) === JSON.stringify(other.peer));
}
