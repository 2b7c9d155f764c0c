import { ProxyError } from "../errors/mod.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkDuration } from "./_duration.ts";

/** Options of {@linkcode Deadline}. */
export interface DeadlineOptions {
  /**
   * Clock that the moment belongs to.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * A moment by which something must be done. Where a timeout starts anew with
 * every step, a deadline goes through all of them: attempts, waits, reads.
 * It costs two numbers until somebody asks for its signal; whoever does
 * disposes of it, or a timer stays until the deadline.
 *
 * @example
 * ```ts
 * import { Deadline, FakeClock } from "@pingo/pingo/timeout";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const clock = new FakeClock();
 * using request = Deadline.fromTimeout(1_000, { clock });
 * clock.advance(800);
 * using attempt = request.earliest(Deadline.fromTimeout(500, { clock }));
 *
 * assertEquals(attempt.remainingMs, 200);
 * clock.advance(200);
 * assert(attempt.isExpired);
 * ```
 */
export class Deadline implements Disposable {
  /** The moment, in the monotonic time of the clock. */
  readonly at: number;
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #cancel: () => void = () => {};
  #isDisposed = false;

  /**
   * A deadline at a moment.
   *
   * @param at in the monotonic time of the clock; `Infinity` for never
   * @throws {RangeError} if the moment is NaN
   */
  constructor(at: number, options: DeadlineOptions = {}) {
    if (Number.isNaN(at)) {
      throw new RangeError("Cannot create Deadline: the moment is NaN");
    }
    const { clock = systemClock } = options;
    this.at = at;
    this.#clock = clock;
  }

  /**
   * A deadline some time from now.
   *
   * @param timeoutMs the time; `Infinity` for never
   * @throws {RangeError} if the time is negative or NaN
   *
   * @example
   * ```ts
   * import { Deadline } from "@pingo/pingo/timeout";
   * import { assert } from "@std/assert";
   *
   * assert(Deadline.fromTimeout(5_000).remainingMs > 4_000);
   * ```
   */
  static fromTimeout(
    timeoutMs: number,
    options: DeadlineOptions = {},
  ): Deadline {
    checkDuration("create Deadline", timeoutMs);
    const { clock = systemClock } = options;
    return new Deadline(clock.now() + timeoutMs, { clock });
  }

  /** Time that is left, 0 once the moment has come. */
  get remainingMs(): number {
    return Math.max(0, this.at - this.#clock.now());
  }

  /** Whether the moment has come. */
  get isExpired(): boolean {
    return this.#clock.now() >= this.at;
  }

  /**
   * A deadline at the earlier moment of this one and another of the same
   * clock. A new one, so that disposing of it leaves both as they are.
   */
  earliest(other: Deadline): Deadline {
    return new Deadline(Math.min(this.at, other.at), { clock: this.#clock });
  }

  /**
   * Fires at the deadline with a `ProxyError` of kind `deadline_exceeded`;
   * has fired already when the moment is past. Made when first asked for.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.#arm(this.#controller);
    }
    return this.#controller.signal;
  }

  #arm(controller: AbortController): void {
    const expire = (): void => controller.abort(deadlineError());
    const rest = this.remainingMs;
    if (rest === 0) expire();
    else if (rest < Infinity && !this.#isDisposed) {
      this.#cancel = this.#clock.setTimer(expire, rest);
    }
  }

  /** Takes back the timer of the signal, which then never fires. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#cancel();
  }
}

function deadlineError(): ProxyError {
  return new ProxyError(
    "deadline_exceeded",
    "Cannot go on: the deadline is over",
  );
}
