import { Gcra } from "./gcra.ts";
import type { LimiterOptions } from "./limiter_options.ts";
import type { LimitPolicy } from "./limit_state.ts";
import type { Rate } from "./rate.ts";
import type { WaitOptions } from "./rate_limiter.ts";

/** Options of {@linkcode LeakyQueue}. */
export interface LeakyQueueOptions extends LimiterOptions {
  /**
   * How many may wait; a whole number from 0 on.
   *
   * @default {100}
   */
  maxLength?: number;
}

/**
 * A queue that lets one through at a time, evenly spaced: what comes in bursts goes on as a steady stream,
 * and what does not fit is turned away at once, as nginx's `limit_req` with `burst` does.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { LeakyQueue } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const queue = new LeakyQueue("10/s", { maxLength: 1, clock });
 * await queue.pass();
 * const second = queue.pass().then(() => clock.now());
 * await assertRejects(() => queue.pass(), Error, "Cannot wait");
 * clock.advance(100);
 * assertEquals(await second, 100);
 * ```
 */
export class LeakyQueue {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #pacer: Gcra;

  /**
   * An empty queue.
   *
   * @throws {TypeError} if the rate or the name cannot be understood
   * @throws {RangeError} if a number is out of its range
   */
  constructor(rate: Rate | string, options: LeakyQueueOptions = {}) {
    const { maxLength = 100, ...rest } = options;
    if (!Number.isInteger(maxLength) || maxLength < 0) {
      throw new RangeError(
        `Cannot create LeakyQueue: maxLength ${maxLength} is not a whole number from 0 on`,
      );
    }
    this.#pacer = new Gcra(rate, { ...rest, maxWaiting: maxLength });
    this.policies = this.#pacer.policies;
  }

  /** How many wait. */
  get length(): number {
    return this.#pacer.waiting;
  }

  /**
   * Waits for its turn.
   *
   * Throws the reason of the signal when it fires, and a `ProxyError` of kind `rate_limited` when the queue
   * is full.
   */
  pass(options: Omit<WaitOptions, "n"> = {}): Promise<void> {
    return this.#pacer.wait({ signal: options.signal });
  }
}
