import { ProxyError } from "../errors/mod.ts";
import { checkConcurrency, OncePermit } from "./_permit.ts";
import type { ConcurrencyGate, Permit } from "./concurrency_gate.ts";

/** Options of {@linkcode ConcurrencyLimit}. */
export interface ConcurrencyLimitOptions {
  /**
   * How many may wait for a place; a whole number from 0 on. More are turned away at once.
   *
   * @default {1000}
   */
  maxWaiting?: number;
}

/** Options of {@linkcode ConcurrencyLimit.acquire}. */
export interface AcquireOptions {
  /** Gives up waiting. */
  signal?: AbortSignal;
}

/**
 * Lets no more than so many things go on at the same time. Who finds no place goes away
 * ({@linkcode ConcurrencyLimit.tryAcquire}) or waits in line ({@linkcode ConcurrencyLimit.acquire}); a
 * place that becomes free goes to the first one in line, and nobody overtakes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ConcurrencyLimit } from "@pingo/pingo/limits";
 *
 * const limit = new ConcurrencyLimit(2);
 * {
 *   using one = await limit.acquire();
 *   using two = limit.tryAcquire();
 *   assertEquals([one !== null, two !== null, limit.tryAcquire()], [true, true, null]);
 * }
 * assertEquals(limit.inFlight, 0);
 * ```
 */
export class ConcurrencyLimit implements ConcurrencyGate {
  readonly #maxWaiting: number;
  readonly #giveBack: () => void;
  /** In the order of their coming: a set keeps it, and who gives up leaves from the middle. */
  readonly #line = new Set<() => void>();
  #limit: number;
  #inFlight = 0;

  /**
   * A limit with all places free.
   *
   * @throws {RangeError} if a number is not whole, `limit` is below 1 or `maxWaiting` below 0
   */
  constructor(limit: number, options: ConcurrencyLimitOptions = {}) {
    const { maxWaiting = 1_000 } = options;
    if (!Number.isInteger(maxWaiting) || maxWaiting < 0) {
      throw new RangeError(
        `Cannot create ConcurrencyLimit: maxWaiting ${maxWaiting} is not a whole number from 0 on`,
      );
    }
    this.#limit = checkConcurrency(limit);
    this.#maxWaiting = maxWaiting;
    this.#giveBack = () => this.leave();
  }

  /** How many may go on. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Sets how many may go on. What goes on already is not ended; when there are more places, those in line
   * get them at once.
   *
   * @throws {RangeError} if it is not a whole number from 1 on
   */
  set limit(limit: number) {
    this.#limit = checkConcurrency(limit);
    this.#serve();
  }

  /** How many go on. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Takes a place if there is one. Each `true` needs one {@linkcode ConcurrencyLimit.leave}. */
  tryEnter(): boolean {
    // While somebody waits no place is free.
    if (this.#inFlight >= this.#limit) return false;
    this.#inFlight++;
    return true;
  }

  /** Gives a place back: to the first one in line. */
  leave(): void {
    this.#inFlight--;
    this.#serve();
  }

  /** Takes a place if there is one; null when there is none. */
  tryAcquire(): Permit | null {
    return this.tryEnter() ? new OncePermit(this.#giveBack) : null;
  }

  /**
   * Takes a place as soon as there is one, in the order of the calls.
   *
   * Throws the reason of the signal when it fires, and a `ProxyError` of kind `overloaded` when too many
   * wait already.
   */
  async acquire(options: AcquireOptions = {}): Promise<Permit> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (!this.tryEnter()) await this.#wait(signal);
    return new OncePermit(this.#giveBack);
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#line.size >= this.#maxWaiting) {
      throw new ProxyError(
        "overloaded",
        `Cannot wait for a place: ${this.#line.size} wait already`,
      );
    }
    return new Promise((resolve, reject) => {
      const pass = (): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#line.delete(pass);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#line.add(pass);
    });
  }

  #serve(): void {
    if (this.#line.size === 0) return;
    for (const pass of this.#line) {
      if (this.#inFlight >= this.#limit) return;
      this.#inFlight++;
      this.#line.delete(pass);
      pass();
    }
  }
}
