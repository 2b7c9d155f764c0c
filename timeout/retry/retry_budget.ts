import { type Clock, systemClock } from "../clock.ts";
import { checkFiniteMs } from "../_number.ts";
import { ringSlot } from "../_ring_slot.ts";

/** Options of {@linkcode RetryBudget}. */
export interface RetryBudgetOptions {
  /**
   * Retries that each request earns, 0 to 1000: 0.2 lets one of five be made again.
   * @default {0.2}
   */
  ratio?: number;
  /**
   * Retries a second that need no requests, so that little traffic is retried too.
   * @default {10}
   */
  minPerSecond?: number;
  /**
   * How long requests and retries are remembered, 1,000 to 60,000 ms.
   * @default {10_000}
   */
  ttlMs?: number;
  /**
   * Clock to measure by.
   * @default {systemClock}
   */
  clock?: Clock;
}

/** Parts in which the past is forgotten, as in Finagle. */
const SLICES = 10;
/** A retry in the unit of the account: whole numbers, so that sums are exact. */
const RETRY = 1_000_000;

/**
 * Bounds the retries of all calls together, so that a server that fails is not
 * buried under them: of what is remembered, the retries are at most `ratio` × the
 * requests + `minPerSecond` × `ttlMs`.
 *
 * By default 20 % and 10 a second, the rule of Finagle's `RetryBudget`: an
 * account over ten slices of time, of which the oldest is forgotten whole, so
 * that between nine tenths of `ttlMs` and all of it are remembered. One budget
 * is shared by all calls to one service.
 *
 * @example
 * ```ts
 * import { FakeClock, RetryBudget } from "@pingo/pingo/timeout";
 * import { assert, assertEquals, assertFalse } from "@std/assert";
 *
 * const budget = new RetryBudget({ minPerSecond: 0, clock: new FakeClock() });
 * for (let n = 0; n < 5; n++) budget.deposit();
 * assertEquals(budget.balance, 1);
 * assert(budget.tryWithdraw());
 * assertFalse(budget.tryWithdraw());
 * ```
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #deposit: number;
  readonly #reserve: number;
  readonly #slices: Float64Array = new Float64Array(SLICES);
  #slice: number;
  #sum = 0;
  #refused = 0;

  /**
   * A budget that has its reserve and no requests yet.
   *
   * @throws {RangeError} if an option is out of its range
   */
  constructor(options: RetryBudgetOptions = {}) {
    const { ratio = 0.2, minPerSecond = 10, ttlMs = 10_000, clock = systemClock } = options;
    const action = "create RetryBudget";
    if (!(ratio >= 0 && ratio <= 1000)) {
      throw new RangeError(`Cannot ${action}: ratio ${ratio} is not within 0 and 1000`);
    }
    if (!(minPerSecond >= 0 && minPerSecond <= 1_000_000)) {
      throw new RangeError(
        `Cannot ${action}: minPerSecond ${minPerSecond} is not within 0 and 1,000,000`,
      );
    }
    checkFiniteMs(action, "ttlMs", ttlMs, 1_000);
    if (ttlMs > 60_000) throw new RangeError(`Cannot ${action}: ttlMs ${ttlMs} exceeds 60,000`);
    this.#clock = clock;
    this.#sliceMs = ttlMs / SLICES;
    this.#deposit = Math.floor(ratio * RETRY);
    this.#reserve = Math.floor(minPerSecond * ttlMs / 1000 * RETRY);
    this.#slice = this.#current();
  }

  /** Whole retries that could be made now. */
  get balance(): number {
    this.#slide();
    return Math.max(0, Math.floor((this.#sum + this.#reserve) / RETRY));
  }

  /** Retries that it has refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** A request was made for the first time. */
  deposit(): void {
    this.#add(this.#deposit);
  }

  /**
   * Takes a retry out.
   *
   * @returns whether it may be made; if not, nothing was taken
   */
  tryWithdraw(): boolean {
    this.#slide();
    if (this.#sum + this.#reserve < RETRY) {
      this.#refused++;
      return false;
    }
    this.#add(-RETRY);
    return true;
  }

  #add(amount: number): void {
    this.#slide();
    this.#slices[ringSlot(this.#slice, SLICES)] += amount;
    this.#sum += amount;
  }

  #current(): number {
    return Math.floor(this.#clock.now() / this.#sliceMs);
  }

  #slide(): void {
    const current = this.#current();
    if (current === this.#slice) return;
    for (let n = Math.max(this.#slice + 1, current - SLICES + 1); n <= current; n++) {
      const slot = ringSlot(n, SLICES);
      this.#sum -= this.#slices[slot];
      this.#slices[slot] = 0;
    }
    this.#slice = current;
  }
}
