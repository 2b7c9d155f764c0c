import { ProxyError } from "../../errors/mod.ts";
import type { Backoff } from "./backoff.ts";
import { type Clock, systemClock } from "../clock.ts";
import { checkDuration } from "../_duration.ts";
import { NO_CONTEXT } from "../_no_context.ts";
import { checkWhole } from "../_number.ts";
import { pauseOf } from "./_pause.ts";
import type { CallContext, Operation, Policy } from "../policy.ts";
import { sleep } from "../sleep.ts";
import { started } from "../_started.ts";
import { withTimeout } from "../with_timeout.ts";
import { withEarlierErrors } from "./_earlier_errors.ts";
import { exponentialBackoff } from "./exponential_backoff.ts";
import { isRetryable } from "./is_retryable.ts";
import type { RetryBudget } from "./retry_budget.ts";

/** A failed attempt after which another one follows. */
export interface RetryEvent {
  /** Number of the attempt that failed, from 1 on. */
  readonly attempt: number;
  /** What it ended with. */
  readonly error: unknown;
  /** The pause before the next one. */
  readonly delayMs: number;
}

/** Options of {@linkcode RetryPolicy}. */
export interface RetryPolicyOptions {
  /**
   * Attempts altogether, the first one included; from 1 on.
   * @default {3}
   */
  maxAttempts?: number;
  /**
   * How long to pause before each retry.
   * @default {exponentialBackoff()}
   */
  backoff?: Backoff;
  /**
   * After which errors another attempt may be made. Whether the operation may
   * be repeated at all is the caller's to know.
   * @default {isRetryable}
   */
  isRetryable?: (error: unknown) => boolean;
  /**
   * Time for all attempts and pauses together. A pause that would outlast it is
   * not begun.
   * @default {Infinity}
   */
  totalTimeoutMs?: number;
  /**
   * Bounds the retries of all calls that share it.
   * @default {none}
   */
  budget?: RetryBudget;
  /** Hears of each retry before its pause; what it throws ends the call. */
  onRetry?: (event: RetryEvent) => void;
  /**
   * Clock to measure and pause by.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * Makes several attempts. Each one gets its number and a signal in its
 * context; the signal is observed before every attempt and ends every pause.
 *
 * The call fails with the error of the last attempt, which carries those of the
 * earlier ones as its cause.
 *
 * @example
 * ```ts
 * import { constantBackoff, RetryBudget, RetryPolicy } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const policy = new RetryPolicy({
 *   maxAttempts: 3,
 *   backoff: constantBackoff(0),
 *   budget: new RetryBudget(),
 * });
 * const answer = await policy.call(({ attempt = 1 }) => {
 *   if (attempt < 3) throw new Error("refused");
 *   return `answered at attempt ${attempt}`;
 * });
 * assertEquals(answer, "answered at attempt 3");
 * ```
 */
export class RetryPolicy implements Policy {
  readonly #maxAttempts: number;
  readonly #backoff: Backoff;
  readonly #isRetryable: (error: unknown) => boolean;
  readonly #totalTimeoutMs: number;
  readonly #budget: RetryBudget | undefined;
  readonly #onRetry: ((event: RetryEvent) => void) | undefined;
  readonly #clock: Clock;

  /**
   * A policy without state but that of its budget.
   *
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: RetryPolicyOptions = {}) {
    const { maxAttempts = 3, totalTimeoutMs = Infinity, clock = systemClock } = options;
    const action = "create RetryPolicy";
    checkWhole(action, "maxAttempts", maxAttempts, 1);
    checkDuration(action, totalTimeoutMs);
    this.#maxAttempts = maxAttempts;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#isRetryable = options.isRetryable ?? isRetryable;
    this.#totalTimeoutMs = totalTimeoutMs;
    this.#budget = options.budget;
    this.#onRetry = options.onRetry;
    this.#clock = clock;
  }

  /**
   * Calls the operation until an attempt succeeds or no other may be made.
   *
   * @throws the error of the last attempt
   * @throws {ProxyError} `deadline_exceeded` when `totalTimeoutMs` ends an
   * attempt, with the error of the attempt before as its cause
   * @throws the reason of the caller's signal when it fires
   */
  call<T>(operation: Operation<T>, context: CallContext = NO_CONTEXT): Promise<T> {
    const { signal } = context;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    this.#budget?.deposit();
    if (this.#totalTimeoutMs === Infinity) return this.#run(operation, signal, Infinity, []);
    const errors: unknown[] = [];
    const end = this.#clock.now() + this.#totalTimeoutMs;
    return withTimeout(
      (limited) => this.#run(operation, limited, end, errors),
      this.#totalTimeoutMs,
      { clock: this.#clock, signal, error: () => deadlineError(this.#totalTimeoutMs, errors) },
    );
  }

  /** The first attempt, which mostly is the last: nothing is async here. */
  #run<T>(
    operation: Operation<T>,
    signal: AbortSignal | undefined,
    end: number,
    errors: unknown[],
  ): Promise<T> {
    const context = signal === undefined ? FIRST : { signal, attempt: 1 };
    return started(operation, context).then(
      undefined,
      (error) => this.#goOn(operation, signal, end, errors, error),
    );
  }

  /** What follows when the first attempt has failed. */
  async #goOn<T>(
    operation: Operation<T>,
    signal: AbortSignal | undefined,
    end: number,
    errors: unknown[],
    firstError: unknown,
  ): Promise<T> {
    let error = firstError;
    let pauseMs = 0;
    for (let attempt = 1;; attempt++) {
      // Given up by the caller, or out of time: that is said, not this.
      signal?.throwIfAborted();
      pauseMs = this.#pauseAfter(error, attempt, pauseMs, end, errors);
      errors.push(error);
      if (pauseMs > 0) await sleep(pauseMs, { clock: this.#clock, signal });
      signal?.throwIfAborted();
      try {
        return await operation({ signal, attempt: attempt + 1 });
      } catch (thrown) {
        error = thrown;
      }
    }
  }

  /** @throws the error, with the earlier ones, when no other attempt may follow */
  #pauseAfter(
    error: unknown,
    attempt: number,
    previousMs: number,
    end: number,
    earlier: readonly unknown[],
  ): number {
    const fail = (why: string): never => {
      throw withEarlierErrors(error, earlier, `attempt ${attempt} of ${this.#maxAttempts}${why}`);
    };
    if (attempt >= this.#maxAttempts) return fail("");
    if (!this.#isRetryable(error)) return fail("");
    const delayMs = pauseOf(this.#backoff, { retry: attempt, previousMs, error });
    if (this.#clock.now() + delayMs >= end) return fail(", no time for another");
    // Last, so that nothing is taken out for a retry that is not made.
    if (this.#budget?.tryWithdraw() === false) return fail(", no budget for another");
    this.#onRetry?.({ attempt, error, delayMs });
    return delayMs;
  }
}

/** The context of a first attempt without a signal: one object for all. */
const FIRST: CallContext = Object.freeze({ attempt: 1 });

const defaultBackoff = exponentialBackoff();

function deadlineError(totalTimeoutMs: number, errors: readonly unknown[]): ProxyError {
  return new ProxyError(
    "deadline_exceeded",
    `Cannot finish in time: ${totalTimeoutMs} ms are over in attempt ${errors.length + 1}`,
    { cause: errors.at(-1) },
  );
}
