import { ProxyError } from "../../../errors/mod.ts";
import { type Clock, systemClock } from "../../../timeout/mod.ts";
import type { Cancel } from "../../http/mod.ts";
import type { Resolver } from "./resolver.ts";
import { systemResolver } from "./system_resolver.ts";

/** Options of {@linkcode AddressCache}. */
export interface AddressCacheOptions {
  /** Where the addresses come from. */
  resolver?: Resolver;
  /** The clock that times to live run by. */
  clock?: Clock;
  /**
   * How long an answer is kept whose time to live DNS does not tell, as one from the hosts file.
   *
   * @default {30000}
   */
  defaultTtlMs?: number;
  /**
   * An answer is kept for so long at least.
   *
   * @default {1000}
   */
  minTtlMs?: number;
  /**
   * An answer is kept for so long at most.
   *
   * @default {300000}
   */
  maxTtlMs?: number;
  /**
   * How long it is remembered that a name could not be resolved.
   *
   * @default {2000}
   */
  negativeTtlMs?: number;
  /**
   * How long the last good answer serves while the resolver fails.
   *
   * @default {3600000}
   */
  maxStaleMs?: number;
  /**
   * How long a look-up may take.
   *
   * @default {5000}
   */
  lookupTimeoutMs?: number;
  /**
   * How many names are remembered; the one that was resolved longest ago goes first.
   *
   * @default {1000}
   */
  maxNames?: number;
}

/** Who has an answer already waits no longer than this for a new one. */
const PATIENCE_MS = 1_000;

/** What is known of one name. */
interface Entry {
  addresses: readonly string[] | null;
  /** Until when the answer, or the failure, is taken as it is. */
  freshUntil: number;
  /** Until when the addresses serve in a failure. */
  usableUntil: number;
  error: ProxyError | null;
  /** The look-up that is on its way; node:dns cannot give one up, so there is never a second one. */
  running: Promise<readonly string[]> | null;
}

/**
 * Addresses of names, kept as long as DNS allows. Look-ups for one name at one time are one; when the
 * resolver fails, the last good answer serves on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { AddressCache } from "@pingo/pingo/core";
 *
 * let lookups = 0;
 * const cache = new AddressCache({
 *   resolver: {
 *     lookup: () => (lookups++, Promise.resolve(["192.0.2.1"])),
 *     ttlMs: () => Promise.resolve(60_000),
 *   },
 * });
 * await cache.addresses("app.example");
 * assertEquals(await cache.addresses("app.example"), ["192.0.2.1"]);
 * assertEquals(lookups, 1);
 * ```
 */
export class AddressCache {
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #options: Required<Omit<AddressCacheOptions, "resolver" | "clock">>;
  readonly #entries = new Map<string, Entry>();

  /**
   * An empty cache.
   *
   * @throws {RangeError} when a number is below zero, or `maxNames` is not a whole number from 1 on
   */
  constructor(options: AddressCacheOptions = {}) {
    const {
      resolver = systemResolver(),
      clock = systemClock,
      defaultTtlMs = 30_000,
      minTtlMs = 1_000,
      maxTtlMs = 300_000,
      negativeTtlMs = 2_000,
      maxStaleMs = 3_600_000,
      lookupTimeoutMs = 5_000,
      maxNames = 1_000,
    } = options;
    this.#resolver = resolver;
    this.#clock = clock;
    this.#options = {
      defaultTtlMs,
      minTtlMs,
      maxTtlMs,
      negativeTtlMs,
      maxStaleMs,
      lookupTimeoutMs,
      maxNames,
    };
    for (const [name, value] of Object.entries(this.#options)) {
      if (value >= 0) continue;
      throw new RangeError(`Cannot create the address cache: ${name} is ${value}, below zero`);
    }
    if (!Number.isInteger(maxNames) || maxNames < 1) {
      throw new RangeError(
        `Cannot create the address cache: maxNames is ${maxNames}, not from 1 on`,
      );
    }
  }

  /**
   * The addresses of a name; one that is an address stands for itself.
   *
   * @param cancel ends the wait; the look-up itself goes on, for others
   * @throws {ProxyError} `dns_failed` when there are none
   */
  addresses(name: string, cancel?: Cancel): Promise<readonly string[]> {
    if (isAddress(name)) return Promise.resolve([name]);
    const entry = this.#entries.get(name) ?? this.#add(name);
    if (this.#clock.now() < entry.freshUntil) {
      if (entry.addresses !== null) return Promise.resolve(entry.addresses);
      if (entry.error !== null) return Promise.reject(entry.error);
    }
    const running = entry.running ??= this.#lookUp(name, entry);
    return this.#await(name, entry, running, cancel);
  }

  #add(name: string): Entry {
    const entry: Entry = {
      addresses: null,
      freshUntil: -Infinity,
      usableUntil: -Infinity,
      error: null,
      running: null,
    };
    this.#entries.set(name, entry);
    if (this.#entries.size > this.#options.maxNames) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest);
    }
    return entry;
  }

  async #lookUp(name: string, entry: Entry): Promise<readonly string[]> {
    const { defaultTtlMs, maxStaleMs } = this.#options;
    const askedAt = this.#clock.now();
    // What it brings counts only if the look-up brings something.
    const ttl = this.#resolver.ttlMs(name).catch(() => null);
    try {
      const addresses = await this.#resolver.lookup(name);
      if (addresses.length === 0) throw new Error("no address");
      const now = this.#clock.now();
      entry.addresses = addresses;
      entry.error = null;
      entry.freshUntil = now + defaultTtlMs;
      entry.usableUntil = now + maxStaleMs;
      this.#entries.delete(name);
      this.#entries.set(name, entry);
      ttl.then((ttlMs) => this.#applyTtl(entry, addresses, askedAt, ttlMs));
      return addresses;
    } finally {
      entry.running = null;
    }
  }

  /** The time to live may come later than the addresses, which do not wait for it. */
  #applyTtl(
    entry: Entry,
    addresses: readonly string[],
    askedAt: number,
    ttlMs: number | null,
  ): void {
    if (ttlMs === null || entry.addresses !== addresses) return;
    const { minTtlMs, maxTtlMs } = this.#options;
    entry.freshUntil = askedAt + Math.min(Math.max(ttlMs, minTtlMs), maxTtlMs);
  }

  async #await(
    name: string,
    entry: Entry,
    running: Promise<readonly string[]>,
    cancel?: Cancel,
  ): Promise<readonly string[]> {
    const { lookupTimeoutMs, negativeTtlMs } = this.#options;
    const canFallBack = entry.addresses !== null && this.#clock.now() < entry.usableUntil;
    const patienceMs = canFallBack ? Math.min(PATIENCE_MS, lookupTimeoutMs) : lookupTimeoutMs;
    const end = Promise.withResolvers<never>();
    const forget = cancel?.onCancel(end.reject);
    const stopTimer = this.#clock.setTimer(() => end.reject(new Error("too slow")), patienceMs);
    try {
      return await Promise.race([running, end.promise]);
    } catch (cause) {
      if (cancel?.cancelled) throw cancel.reason;
      // Asked again soon, but not at once by everybody.
      entry.freshUntil = this.#clock.now() + negativeTtlMs;
      if (canFallBack && entry.addresses !== null) return entry.addresses;
      entry.addresses = null;
      entry.error = new ProxyError("dns_failed", `Cannot resolve "${name}": there is no answer`, {
        cause,
      });
      throw entry.error;
    } finally {
      forget?.();
      stopTimer();
    }
  }
}

/** Whether a host name is an address already. */
export function isAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}
