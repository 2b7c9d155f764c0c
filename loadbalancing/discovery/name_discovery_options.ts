import type { PeerTls, Scheme } from "../../core/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import { type AddressFamily, type NameLookup, systemNameLookup } from "./name_lookup.ts";

/** Options of {@linkcode dnsDiscovery} and {@linkcode srvDiscovery}. */
export interface NameDiscoveryOptions {
  /**
   * Which addresses are asked for.
   *
   * @default {["ipv4", "ipv6"]}
   */
  families?: readonly AddressFamily[];
  /**
   * `https` where the backends are spoken to by TLS.
   *
   * @default {"http"}
   */
  scheme?: Scheme;
  /**
   * How TLS is spoken. The server name, which each certificate is checked against, is the name that was
   * looked up (the target of an SRV record) unless it stands here.
   *
   * @default {{}}
   */
  tls?: PeerTls;
  /**
   * The zone of the backends.
   *
   * @default {""}
   */
  zone?: string;
  /**
   * An answer is asked for again after so long at least, whatever its time to live.
   *
   * @default {1000}
   */
  minTtlMs?: number;
  /**
   * It is asked for again after so long at most.
   *
   * @default {60000}
   */
  maxTtlMs?: number;
  /**
   * The pause after a look-up that failed or brought nothing.
   *
   * @default {2000}
   */
  retryMs?: number;
  /** Asks DNS. */
  lookup?: NameLookup;
  /** The clock of times to live. */
  clock?: Clock;
}

/**
 * Sets the defaults.
 *
 * @throws {TypeError} when the name is empty, or a family is unknown
 * @throws {RangeError} when a time is not above 0, `minTtlMs` is above `maxTtlMs`, or no family is given
 */
export function checkNameDiscovery(
  name: string,
  options: NameDiscoveryOptions,
): Required<NameDiscoveryOptions> {
  if (name === "") throw new TypeError("Cannot discover backends: the name is empty");
  const checked = {
    families: options.families ?? ["ipv4", "ipv6"] as const,
    scheme: options.scheme ?? "http",
    tls: options.tls ?? {},
    zone: options.zone ?? "",
    minTtlMs: options.minTtlMs ?? 1_000,
    maxTtlMs: options.maxTtlMs ?? 60_000,
    retryMs: options.retryMs ?? 2_000,
    lookup: options.lookup ?? systemNameLookup(),
    clock: options.clock ?? systemClock,
  };
  const { minTtlMs, maxTtlMs, retryMs } = checked;
  for (const [name, ms] of Object.entries({ minTtlMs, maxTtlMs, retryMs })) {
    if (ms > 0 && ms < Infinity) continue;
    throw new RangeError(`Cannot discover backends: ${name} is ${ms}, not a time above 0`);
  }
  if (minTtlMs > maxTtlMs) {
    throw new RangeError(
      `Cannot discover backends: minTtlMs ${minTtlMs} is above maxTtlMs ${maxTtlMs}`,
    );
  }
  if (checked.families.length === 0) {
    throw new RangeError("Cannot discover backends: families is empty, nothing would be asked for");
  }
  for (const family of checked.families) {
    if (family === "ipv4" || family === "ipv6") continue;
    throw new TypeError(`Cannot discover backends: the family "${family}" is unknown`);
  }
  return checked;
}
