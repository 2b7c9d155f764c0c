import { checkConcurrency, OncePermit } from "./_permit.ts";
import type { KeyedConcurrencyGate, Permit } from "./concurrency_gate.ts";

/**
 * Lets no more than so many things of one key go on at the same time: requests of a client, connections to
 * a host. Exact; a key takes memory only while something of it goes on, so that there are never more keys
 * than things. Where a bound in memory must hold without one on those, take {@linkcode Inflight}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { KeyedConcurrency } from "@pingo/pingo/limits";
 *
 * const limit = new KeyedConcurrency(1);
 * {
 *   using a = limit.tryAcquire("a");
 *   assertEquals([a !== null, limit.tryAcquire("a"), limit.tryEnter("b")], [true, null, true]);
 *   limit.leave("b");
 * }
 * assertEquals(limit.size, 0);
 * ```
 */
export class KeyedConcurrency implements KeyedConcurrencyGate {
  /** How many of one key may go on. */
  readonly limit: number;
  readonly #counts = new Map<string, number>();

  /**
   * A limit with all places free.
   *
   * @throws {RangeError} if the limit is not a whole number from 1 on
   */
  constructor(limit: number) {
    this.limit = checkConcurrency(limit);
  }

  /** Of how many keys something goes on. */
  get size(): number {
    return this.#counts.size;
  }

  /** How many of a key go on. */
  inFlight(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Takes a place of a key if there is one. Each `true` needs one {@linkcode KeyedConcurrency.leave}. */
  tryEnter(key: string): boolean {
    const count = this.inFlight(key);
    if (count >= this.limit) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  /** Gives a place of a key back. */
  leave(key: string): void {
    const count = this.inFlight(key);
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }

  /** Takes a place of a key if there is one; null when there is none. */
  tryAcquire(key: string): Permit | null {
    return this.tryEnter(key) ? new OncePermit(() => this.leave(key)) : null;
  }
}
