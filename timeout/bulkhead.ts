import { ProxyError } from "../errors/mod.ts";
import { onAbort } from "./_abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkDuration } from "./_duration.ts";
import { NO_CONTEXT } from "./_no_context.ts";
import { checkWhole } from "./_number.ts";
import type { CallContext, Operation, Policy } from "./policy.ts";
import { started } from "./_started.ts";
import { WaitQueue } from "./_wait_queue.ts";

/** Options of {@linkcode Bulkhead}. */
export interface BulkheadOptions {
  /** Calls that may run at the same time; from 1 on. */
  maxConcurrent: number;
  /**
   * Calls that may wait for a slot; one more is refused at once.
   * @default {0}
   */
  maxQueue?: number;
  /**
   * How long a call may wait.
   * @default {Infinity}
   */
  maxWaitMs?: number;
  /**
   * Clock to wait by. A `TimerWheel` makes `maxWaitMs` cheap.
   * @default {systemClock}
   */
  clock?: Clock;
}

/** Options of `Bulkhead.acquire`. */
export interface BulkheadAcquireOptions {
  /** Ends the wait. */
  signal?: AbortSignal;
}

/** A place in a {@linkcode Bulkhead}, to be given back by disposing of it. */
export interface BulkheadSlot extends Disposable {
  /** Gives the place to the next in line; harmless the second time. */
  release(): void;
}

/**
 * Bounds how many calls run at the same time and how many wait, so that one
 * slow service cannot hold everything (Nygard, Release It!, 2007). Who waits
 * is served in order of arrival; nobody overtakes.
 *
 * @example
 * ```ts
 * import { Bulkhead } from "@pingo/pingo/timeout";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const bulkhead = new Bulkhead({ maxConcurrent: 1 });
 * {
 *   using _slot = await bulkhead.acquire();
 *   await assertRejects(() => bulkhead.call(() => "fine"), Error, "all 1 slots are taken");
 * }
 * assertEquals(await bulkhead.call(() => "fine"), "fine");
 * ```
 */
export class Bulkhead implements Policy {
  readonly #maxConcurrent: number;
  readonly #maxWaitMs: number;
  readonly #maxQueue: number;
  readonly #clock: Clock;
  readonly #queue = new WaitQueue();
  #active = 0;

  /**
   * A bulkhead with all its slots free.
   *
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: BulkheadOptions) {
    const { maxConcurrent, maxQueue = 0, maxWaitMs = Infinity, clock = systemClock } = options;
    const action = "create Bulkhead";
    checkWhole(action, "maxConcurrent", maxConcurrent, 1);
    checkWhole(action, "maxQueue", maxQueue, 0);
    checkDuration(action, maxWaitMs);
    this.#maxConcurrent = maxConcurrent;
    this.#maxQueue = maxQueue;
    this.#maxWaitMs = maxWaitMs;
    this.#clock = clock;
  }

  /** Calls that hold a slot. */
  get activeCount(): number {
    return this.#active;
  }

  /** Calls that wait for one. */
  get queuedCount(): number {
    return this.#queue.size;
  }

  /**
   * Calls the operation as soon as a slot is free.
   *
   * @throws {ProxyError} `overloaded` when all slots and places to wait are
   * taken, or the wait is over
   * @throws the reason of the caller's signal when it fires before the operation begins
   */
  call<T>(operation: Operation<T>, context: CallContext = NO_CONTEXT): Promise<T> {
    const { signal } = context;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#active >= this.#maxConcurrent) return this.#callLater(operation, context);
    this.#active++;
    return started(operation, context).then(this.#succeeded, this.#failed);
  }

  async #callLater<T>(operation: Operation<T>, context: CallContext): Promise<T> {
    await this.#wait(context.signal);
    try {
      // It may have fired after the slot was given and before this turn.
      context.signal?.throwIfAborted();
      return await operation(context);
    } finally {
      this.#release();
    }
  }

  // Made once, so that neither a call that finds a slot nor a slot makes a closure.
  readonly #releaseSlot = (): void => this.#release();
  readonly #succeeded = <T>(result: T): T => {
    this.#release();
    return result;
  };
  readonly #failed = (error: unknown): never => {
    this.#release();
    throw error;
  };

  /** A slot, or null when all are taken. */
  tryAcquire(): BulkheadSlot | null {
    if (this.#active >= this.#maxConcurrent) return null;
    this.#active++;
    return this.#slot();
  }

  /**
   * A slot, as soon as one is free.
   *
   * @throws {ProxyError} `overloaded` when all slots and places to wait are
   * taken, or the wait is over
   * @throws the reason of the signal when it fires
   */
  async acquire(options: BulkheadAcquireOptions = {}): Promise<BulkheadSlot> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#active < this.#maxConcurrent) this.#active++;
    else await this.#wait(signal);
    if (signal?.aborted === true) {
      this.#release();
      throw signal.reason;
    }
    return this.#slot();
  }

  #slot(): BulkheadSlot {
    return new Slot(this.#releaseSlot);
  }

  /** Whoever gets through has a slot: it was handed over, the count stays. */
  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#queue.size >= this.#maxQueue) {
      return Promise.reject(fullError(this.#maxConcurrent, this.#maxQueue));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = this.#queue.append(resolve);
    // Nobody can end the wait: there is nothing to clean up.
    if (signal === undefined && this.#maxWaitMs === Infinity) return promise;
    const leave = (reason: unknown): void => {
      this.#queue.remove(waiter);
      reject(reason);
    };
    return this.#waitInTime(promise, leave, signal);
  }

  async #waitInTime(
    served: Promise<void>,
    leave: (reason: unknown) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const maxWaitMs = this.#maxWaitMs;
    const cancel = maxWaitMs < Infinity
      ? this.#clock.setTimer(() => leave(waitError(maxWaitMs)), maxWaitMs)
      : undefined;
    const removeListener = onAbort(signal, () => leave(signal?.reason));
    try {
      await served;
    } finally {
      cancel?.();
      removeListener();
    }
  }

  #release(): void {
    if (!this.#queue.serveFirst()) this.#active--;
  }
}

class Slot implements BulkheadSlot {
  #release: (() => void) | null;

  constructor(release: () => void) {
    this.#release = release;
  }

  release(): void {
    const release = this.#release;
    this.#release = null;
    release?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function fullError(maxConcurrent: number, maxQueue: number): ProxyError {
  return new ProxyError(
    "overloaded",
    `Cannot enter bulkhead: all ${maxConcurrent} slots are taken and ${maxQueue} wait`,
  );
}

function waitError(maxWaitMs: number): ProxyError {
  return new ProxyError(
    "overloaded",
    `Cannot enter bulkhead: no slot became free within ${maxWaitMs} ms`,
  );
}
