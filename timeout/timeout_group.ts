import { ProxyError } from "../errors/mod.ts";
import { onAbort } from "./_abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkDuration } from "./_duration.ts";
import { Deadline } from "./deadline.ts";
import type { Operation } from "./policy.ts";

/** Options of {@linkcode TimeoutGroup}. */
export interface TimeoutGroupOptions {
  /**
   * Clock to measure by.
   * @default {systemClock}
   */
  clock?: Clock;
  /** Cancels all operations. */
  signal?: AbortSignal;
  /**
   * Whether the first operation that fails cancels the others.
   * @default {true}
   */
  cancelOnError?: boolean;
}

/**
 * Several operations under one deadline: `go` starts one, `wait` ends when all
 * have ended. At the deadline all of them are cancelled together, and so they
 * are when one fails (Go's `errgroup` with a context). The time starts with
 * the group, so each later operation has what is left of it.
 *
 * While nothing runs, the group holds no timer and no listener, so that it needs
 * no clean-up. Leaving the scope of `await using` cancels what still runs.
 *
 * @example
 * ```ts
 * import { FakeClock, sleep, TimeoutGroup } from "@pingo/pingo/timeout";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const clock = new FakeClock();
 * await using group = new TimeoutGroup(1_000, { clock });
 * const quick = group.go(({ signal }) => sleep(300, { clock, signal }).then(() => "quick"));
 * const slow = group.go(({ signal }) => sleep(5_000, { clock, signal }));
 *
 * await clock.advanceAsync(300);
 * assertEquals(await quick, "quick");
 * assertEquals(group.remainingMs, 700);
 * await clock.advanceAsync(700);
 * await assertRejects(() => slow, Error, "1000 ms are over");
 * await assertRejects(() => group.wait(), Error, "1000 ms are over");
 * ```
 */
export class TimeoutGroup implements AsyncDisposable {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #deadline: Deadline;
  readonly #cancelOnError: boolean;
  readonly #controller = new AbortController();
  /**
   * Who waits for an operation that has not ended. A race with one promise for
   * all would keep whatever has ended for as long as the group lives.
   */
  readonly #waiting = new Set<(reason: unknown) => void>();
  readonly #callerSignal: AbortSignal | undefined;
  #pending = 0;
  #failure: { readonly error: unknown } | undefined;
  #idle = Promise.withResolvers<void>();
  #cancelTimer: () => void = () => {};
  #removeListener: () => void = () => {};
  #isClosed = false;

  /**
   * A group whose time starts now.
   *
   * @param timeoutMs time for all operations together; `Infinity` for none
   * @throws {RangeError} if the time is negative or NaN
   */
  constructor(timeoutMs: number, options: TimeoutGroupOptions = {}) {
    const { clock = systemClock, signal, cancelOnError = true } = options;
    checkDuration("create TimeoutGroup", timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#deadline = Deadline.fromTimeout(timeoutMs, { clock });
    this.#cancelOnError = cancelOnError;
    this.#callerSignal = signal;
  }

  /** Time that is left, 0 once the deadline has come. */
  get remainingMs(): number {
    return this.#deadline.remainingMs;
  }

  /** Whether the deadline has come. */
  get isExpired(): boolean {
    return this.#deadline.isExpired;
  }

  /** Operations that have not ended, those that do not listen to their signal too. */
  get pendingCount(): number {
    return this.#pending;
  }

  /**
   * Starts an operation. Its signal fires at the deadline, when the group is
   * cancelled, and when another one fails.
   *
   * @returns what the operation gives; rejects at once when the signal fires,
   * whether or not the operation listens. Nobody needs to look at it: `wait`
   * tells of a failure too
   * @throws {Error} if the group has been left
   */
  go<T>(operation: Operation<T>): Promise<T> {
    if (this.#isClosed) throw new Error("Cannot start operation: the group has ended");
    this.#catchUp();
    const { signal } = this.#controller;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    promise.catch(() => {}); // `wait` tells of it
    if (signal.aborted) reject(signal.reason);
    else {
      this.#waiting.add(reject);
      this.#run(operation).then(resolve, reject).finally(() => this.#waiting.delete(reject));
    }
    return promise;
  }

  async #run<T>(operation: Operation<T>): Promise<T> {
    if (this.#pending++ === 0) this.#arm();
    try {
      return await operation({ signal: this.#controller.signal });
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      if (--this.#pending === 0) this.#rest();
    }
  }

  /**
   * Waits until all operations have ended, those too that are started
   * meanwhile; one that does not listen to its signal, until the deadline at most.
   *
   * @throws the error of the first operation that failed
   * @throws {ProxyError} `deadline_exceeded` when the deadline cancelled one
   * @throws the reason of `cancel`, or of the caller's signal
   */
  async wait(): Promise<void> {
    if (this.#pending > 0) await this.#idle.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#callerSignal?.aborted === true) this.cancel(this.#callerSignal.reason);
    this.#controller.signal.throwIfAborted();
  }

  /**
   * Cancels all operations; one that is started later is refused.
   *
   * @param reason what they get; an `AbortError` by default
   */
  cancel(reason?: unknown): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    for (const reject of this.#waiting) reject(this.#controller.signal.reason);
    this.#waiting.clear();
  }

  /** Cancels what runs, and waits for its end, until the deadline at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.cancel();
    if (this.#pending > 0 && !this.isExpired) await this.#idle.promise;
  }

  /** What ends by the cancellation did not fail by itself. */
  #failed(error: unknown): void {
    if (this.#failure !== undefined || this.#controller.signal.aborted) return;
    this.#failure = { error };
    if (this.#cancelOnError) this.cancel(error);
  }

  /** What came about while nothing ran, and so nobody listened. */
  #catchUp(): void {
    if (this.#callerSignal?.aborted === true) this.cancel(this.#callerSignal.reason);
    if (this.isExpired) this.#expire();
  }

  #arm(): void {
    this.#idle = Promise.withResolvers();
    const signal = this.#callerSignal;
    this.#removeListener = onAbort(signal, () => this.cancel(signal?.reason));
    const rest = this.remainingMs;
    if (rest < Infinity) this.#cancelTimer = this.#clock.setTimer(() => this.#expire(), rest);
  }

  #rest(): void {
    this.#cancelTimer();
    this.#removeListener();
    this.#idle.resolve();
  }

  #expire(): void {
    this.cancel(
      new ProxyError(
        "deadline_exceeded",
        `Cannot finish in time: ${this.#timeoutMs} ms are over for the group`,
      ),
    );
    this.#rest();
  }
}
