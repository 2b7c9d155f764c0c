import { type IpAddress, parseIp } from "./_node_address.ts";

/** Ranges that have a name. */
const PRESETS: ReadonlyMap<string, readonly string[]> = new Map([
  // RFC 1122 §3.2.1.3, RFC 4291 §2.5.3.
  ["loopback", ["127.0.0.0/8", "::1"]],
  // RFC 1918, RFC 4193; loopback too, which is even nearer.
  ["private", [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "127.0.0.0/8",
    "::1",
  ]],
]);

/** Options of {@linkcode TrustedProxies}. */
export interface TrustedProxiesOptions {
  /**
   * How many addresses the answer is remembered for. An address outside of it costs a microsecond.
   *
   * @default {4096}
   */
  maxRemembered?: number;
}

/**
 * The proxies in front whose word about a client is believed: as addresses (`10.0.0.1`, `::1`), CIDR
 * ranges (`10.0.0.0/8`, `2001:db8::/32`), `"loopback"`, `"private"` (RFC 1918, RFC 4193 and loopback),
 * and `"unix"` for whoever has no address: clients on a unix socket and callers in this process.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { TrustedProxies } from "@pingo/pingo/core";
 *
 * const trusted = new TrustedProxies(["loopback", "10.0.0.0/8"]);
 * assert(trusted.isTrusted("10.1.2.3"));
 * assert(trusted.isTrusted("::ffff:10.1.2.3"));
 * assertFalse(trusted.isTrusted("192.0.2.1"));
 * ```
 */
export class TrustedProxies {
  readonly #ranges: readonly Range[];
  readonly #trustsUnix: boolean;
  readonly #maxRemembered: number;
  readonly #remembered = new Map<string, boolean>();

  /**
   * Reads the list.
   *
   * @param list whom to trust; nobody when it is empty
   * @throws {TypeError} when an entry is neither an address, a range nor a known name
   * @throws {RangeError} when a prefix is longer than the address, or `maxRemembered` is not 1 or more
   */
  constructor(list: readonly string[], options: TrustedProxiesOptions = {}) {
    const { maxRemembered = 4096 } = options;
    if (!Number.isInteger(maxRemembered) || maxRemembered < 1) {
      throw new RangeError(
        `Cannot create TrustedProxies: maxRemembered ${maxRemembered} is not 1 or more`,
      );
    }
    this.#maxRemembered = maxRemembered;
    this.#trustsUnix = list.includes("unix");
    this.#ranges = list.filter((entry) => entry !== "unix")
      .flatMap((entry) => PRESETS.get(entry) ?? [entry])
      .map(parseRange);
  }

  /** Whether the peer with this address is believed. What is no IP address is not, nor is an empty text without `"unix"`. */
  isTrusted(address: string): boolean {
    if (address === "") return this.#trustsUnix;
    if (this.#ranges.length === 0) return false;
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const ip = parseIp(address);
    const isTrusted = ip !== null && this.#ranges.some((range) => contains(range, ip));
    // Emptied rather than aged: behind proxies there are few addresses, in front of the world too many.
    if (this.#remembered.size >= this.#maxRemembered) this.#remembered.clear();
    this.#remembered.set(address, isTrusted);
    return isTrusted;
  }
}

type Range = readonly [network: IpAddress, bits: number];

function contains([network, bits]: Range, ip: IpAddress): boolean {
  return network.kind() === ip.kind() && ip.match(network, bits);
}

function parseRange(text: string): Range {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const ip = parseIp(address);
  if (ip === null) {
    throw new TypeError(
      `Cannot trust ${
        JSON.stringify(text)
      }: it is no address, CIDR range, "loopback", "private" or "unix"`,
    );
  }
  const width = ip.kind() === "ipv4" ? 32 : 128;
  if (slash < 0) return [ip, width];
  const prefix = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefix)) {
    throw new TypeError(`Cannot trust ${JSON.stringify(text)}: its prefix is not a number`);
  }
  // In ::ffff:10.0.0.0/104 the prefix counts the 96 bits in front of the IPv4 address too.
  const isMapped = width === 32 && address.includes(":");
  const bits = Number(prefix) - (isMapped ? 96 : 0);
  if (bits < 0 || bits > width) {
    throw new RangeError(
      `Cannot trust ${JSON.stringify(text)}: its prefix does not fit the address`,
    );
  }
  return [ip, bits];
}
