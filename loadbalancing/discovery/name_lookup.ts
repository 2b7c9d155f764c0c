import { promises as dns } from "node:dns";
import { ProxyError } from "../../errors/mod.ts";

/** A kind of address: A or AAAA records. */
export type AddressFamily = "ipv4" | "ipv6";

/** An A or AAAA record. */
export interface AddressRecord {
  /** The address. */
  readonly address: string;
  /** How long it may be kept, in milliseconds. */
  readonly ttlMs: number;
}

/** An SRV record (RFC 2782). */
export interface ServiceRecord {
  /** The host; empty when the service is decidedly not offered. */
  readonly target: string;
  /** The port. */
  readonly port: number;
  /** Which to use first: the lowest. */
  readonly priority: number;
  /** The share among those of one priority. */
  readonly weight: number;
}

/** Options of the look-ups of {@linkcode NameLookup}. */
export interface LookupOptions {
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Asks DNS; the port behind which node:dns lies. An empty list means that there are no such records. */
export interface NameLookup {
  /** The addresses of a name. Rejects when nobody answers. */
  addresses(
    name: string,
    family: AddressFamily,
    options: LookupOptions,
  ): Promise<readonly AddressRecord[]>;
  /** The SRV records of a name. Rejects when nobody answers. */
  services(name: string, options: LookupOptions): Promise<readonly ServiceRecord[]>;
}

/** Options of {@linkcode systemNameLookup}. */
export interface SystemNameLookupOptions {
  /**
   * The DNS servers, as `address` or `address:port`.
   *
   * @default {the system's}
   */
  servers?: readonly string[];
  /**
   * How long a server may take to answer, at the first try; the second one has twice as long.
   *
   * @default {1000}
   */
  timeoutMs?: number;
  /**
   * How often a server is asked before the look-up fails.
   *
   * @default {2}
   */
  tries?: number;
}

/**
 * Look-ups by node:dns. Deno tells an answer that reports a failure (SERVFAIL, REFUSED) from one that has no
 * records as little as its caller can: both are an empty list. Only silence makes a look-up reject.
 *
 * @throws {RangeError} when a number makes no sense
 * @throws {TypeError} when a server is no address
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { systemNameLookup } from "@pingo/pingo/loadbalancing";
 *
 * const lookup = systemNameLookup({ servers: ["127.0.0.1:5353"], timeoutMs: 50, tries: 1 });
 * const signal = AbortSignal.abort(new Error("not needed any more"));
 * await assertRejects(() => lookup.services("_http._tcp.app.example", { signal }), Error, "not needed");
 * ```
 */
export function systemNameLookup(options: SystemNameLookupOptions = {}): NameLookup {
  const { servers, timeoutMs = 1_000, tries = 2 } = options;
  for (const [name, value] of Object.entries({ timeoutMs, tries })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`Cannot look up names: ${name} is ${value}, not a whole number from 1 on`);
  }
  const makeResolver = (): dns.Resolver => {
    const resolver = new dns.Resolver({ timeout: timeoutMs, tries });
    if (servers !== undefined) resolver.setServers(servers);
    return resolver;
  };
  makeResolver(); // Throws here, not at the first look-up, for a server that is no address.
  /** A resolver of its own for each look-up: `cancel` ends all that one has under way. */
  const ask = async <Records>(
    what: string,
    signal: AbortSignal,
    run: (resolver: dns.Resolver) => Promise<readonly Records[]>,
  ): Promise<readonly Records[]> => {
    signal.throwIfAborted();
    const resolver = makeResolver();
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await run(resolver);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (hasNoRecords(cause)) return [];
      throw new ProxyError("dns_failed", `Cannot look up ${what}: ${codeOf(cause)}`, { cause });
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
  return {
    addresses: (name, family, { signal }) =>
      ask(`${family === "ipv4" ? "A" : "AAAA"} of "${name}"`, signal, async (resolver) => {
        const records = family === "ipv4"
          ? await resolver.resolve4(name, { ttl: true })
          : await resolver.resolve6(name, { ttl: true });
        return records.map(({ address, ttl }) => ({ address, ttlMs: ttl * 1_000 }));
      }),
    services: (name, { signal }) =>
      ask(`SRV of "${name}"`, signal, async (resolver) => {
        const records = await resolver.resolveSrv(name);
        return records.map(({ name, port, priority, weight }) => {
          return { target: name.replace(/\.$/, ""), port, priority, weight };
        });
      }),
  };
}

function hasNoRecords(cause: unknown): boolean {
  const code = codeOf(cause);
  return code === "ENOTFOUND" || code === "ENODATA";
}

function codeOf(cause: unknown): string {
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
}
