import type { AddressFamily, AddressRecord, NameLookup } from "./name_lookup.ts";

/** What is known of the addresses of a host. */
export interface HostAddresses {
  readonly addresses: readonly string[];
  /** The shortest time to live; Infinity when there is no address. */
  readonly ttlMs: number;
  /** Why a part of them is from an earlier look-up, or missing; null when all is new. */
  readonly problem: unknown;
}

/** Options of {@linkcode HostAddressBook.find}. */
interface FindOptions {
  readonly signal: AbortSignal;
  /** Whether no address at all is a problem, at which the host keeps what it had. */
  readonly mustExist?: boolean;
}

/** Looks up hosts; a family that nobody answers for keeps what it had. */
export class HostAddressBook {
  readonly #lookup: NameLookup;
  readonly #families: readonly AddressFamily[];
  /** By family and name. */
  #known = new Map<string, readonly AddressRecord[]>();

  constructor(lookup: NameLookup, families: readonly AddressFamily[]) {
    this.#lookup = lookup;
    this.#families = families;
  }

  /** Rejects with the signal's reason alone. */
  async find(host: string, { signal, mustExist = false }: FindOptions): Promise<HostAddresses> {
    const answers = await Promise.allSettled(
      this.#families.map((family) => this.#lookup.addresses(host, family, { signal })),
    );
    signal.throwIfAborted();
    const addresses: string[] = [];
    let ttlMs = Infinity;
    const isMissing = mustExist && answers.every(isEmpty);
    let problem: unknown = isMissing ? new Error(`Cannot find an address of ${host}`) : null;
    this.#families.forEach((family, n) => {
      const key = `${family} ${host}`;
      const answer = answers[n];
      if (answer.status === "rejected") problem = answer.reason;
      else if (!isMissing) this.#known.set(key, answer.value);
      for (const record of this.#known.get(key) ?? []) {
        addresses.push(record.address);
        ttlMs = Math.min(ttlMs, record.ttlMs);
      }
    });
    // Servers turn their answers round: without an order, each would look like a change.
    return { addresses: [...new Set(addresses)].sort(), ttlMs, problem };
  }

  /** Forgets all hosts but these. */
  keepOnly(hosts: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) {
      if (!hosts.has(key.slice(key.indexOf(" ") + 1))) this.#known.delete(key);
    }
  }
}

function isEmpty(answer: PromiseSettledResult<readonly AddressRecord[]>): boolean {
  return answer.status === "fulfilled" && answer.value.length === 0;
}
