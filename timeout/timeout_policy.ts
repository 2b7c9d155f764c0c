import { type Clock, systemClock } from "./clock.ts";
import { checkDuration } from "./_duration.ts";
import { NO_CONTEXT } from "./_no_context.ts";
import type { CallContext, Operation, Policy } from "./policy.ts";
import { withTimeout } from "./with_timeout.ts";

/** Options of {@linkcode TimeoutPolicy}. */
export interface TimeoutPolicyOptions {
  /** Time that a call may take; `Infinity` for any. */
  timeoutMs: number;
  /**
   * Clock to measure by. A `TimerWheel` makes it cheap.
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * Makes the error of a timeout; what it throws is that error too.
   * @default {a ProxyError of kind deadline_exceeded}
   */
  error?: () => unknown;
}

/**
 * {@linkcode withTimeout} as a policy: outermost it limits all attempts
 * together, innermost each one.
 *
 * @example
 * ```ts
 * import { FakeClock, sleep, TimeoutPolicy } from "@pingo/pingo/timeout";
 * import { assertRejects } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const policy = new TimeoutPolicy({ timeoutMs: 100, clock });
 * const slow = policy.call(({ signal }) => sleep(500, { clock, signal }));
 * clock.advance(100);
 * await assertRejects(() => slow, Error, "100 ms are over");
 * ```
 */
export class TimeoutPolicy implements Policy {
  /** Time that a call may take. */
  readonly timeoutMs: number;
  readonly #clock: Clock;
  readonly #error: (() => unknown) | undefined;

  /**
   * A policy of one limit for each call.
   *
   * @throws {RangeError} if the time is negative or NaN
   */
  constructor(options: TimeoutPolicyOptions) {
    const { timeoutMs, clock = systemClock, error } = options;
    checkDuration("create TimeoutPolicy", timeoutMs);
    this.timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#error = error;
  }

  /**
   * Calls the operation with a signal that fires when the time is over.
   *
   * @throws {ProxyError} `deadline_exceeded`, or what `error` makes, when the time is over
   * @throws the reason of the caller's signal when it fires
   */
  call<T>(operation: Operation<T>, context: CallContext = NO_CONTEXT): Promise<T> {
    return withTimeout(
      (signal) => operation({ ...context, signal }),
      this.timeoutMs,
      { clock: this.#clock, signal: context.signal, error: this.#error },
    );
  }
}
