import { ProxyError } from "../../errors/mod.ts";
import type { Backoff } from "../retry/backoff.ts";
import { type Clock, systemClock } from "../clock.ts";
import { NO_CONTEXT } from "../_no_context.ts";
import type { CallContext, Operation, Policy } from "../policy.ts";
import { started } from "../_started.ts";
import { Circuit } from "./_circuit.ts";
import type { CircuitPermit } from "./circuit_permit.ts";
import type { CircuitListener, CircuitSnapshot, CircuitState } from "./circuit_state.ts";
import { consecutiveFailures } from "./consecutive_failures.ts";
import { isServerFault } from "./is_server_fault.ts";
import type { TripStrategy } from "./trip_strategy.ts";

/** Options of {@linkcode CircuitBreaker}. */
export interface CircuitBreakerOptions {
  /**
   * When it opens.
   * @default {consecutiveFailures(5)}
   */
  trip?: TripStrategy;
  /**
   * How long it stays open before probes may pass: a time, or a backoff over
   * the openings since it was closed last.
   * @default {30_000}
   */
  openMs?: number | Backoff;
  /**
   * So many calls pass once the open time is over, at the same time or one
   * after the other: it closes when all of them succeed, and opens again with
   * the first that fails.
   * @default {1}
   */
  halfOpenProbes?: number;
  /**
   * When all probes are on their way for so long, they count as failed: a
   * probe that never ends does not keep the circuit half open for ever.
   * @default {60_000}
   */
  probeTimeoutMs?: number;
  /**
   * Which errors of `call` count as failures. The rest says nothing, and so
   * does the reason of the caller's own signal, unless that is a timeout.
   * @default {isServerFault}
   */
  isFailure?: (error: unknown) => boolean;
  /**
   * Which results of `call` count as failures, such as a response of status
   * 503; they are returned all the same.
   * @default {none}
   */
  isFailedResult?: (result: unknown) => boolean;
  /**
   * What is called, for messages.
   * @default {"upstream"}
   */
  name?: string;
  /**
   * What an earlier breaker with the same strategy knew.
   * @default {nothing: closed}
   */
  initial?: CircuitSnapshot;
  /**
   * Clock to measure by.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * Stops calling what keeps failing, and tries with a few probes whether it is
 * well again (Nygard, Release It!, 2007). It sets no timer.
 *
 * `call` is for functions. Who cannot put a call into one function, or wants
 * to pay nothing for it, takes a permit and settles it.
 *
 * @example
 * ```ts
 * import { CircuitBreaker, consecutiveFailures, FakeClock } from "@pingo/pingo/timeout";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const breaker = new CircuitBreaker({ trip: consecutiveFailures(1), openMs: 5_000, clock });
 *
 * await assertRejects(() => breaker.call(() => Promise.reject(new Error("refused"))));
 * await assertRejects(() => breaker.call(() => "fine"), Error, "its circuit is open");
 * clock.advance(5_000);
 * assertEquals(await breaker.call(() => "fine"), "fine");
 * assertEquals(breaker.state, "closed");
 * ```
 *
 * @example Without a function
 * ```ts
 * import { CircuitBreaker } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const breaker = new CircuitBreaker();
 * const permit = breaker.tryAcquire();
 * if (permit !== null) {
 *   const isWell = true; // … the work
 *   if (isWell) permit.succeeded();
 *   else permit.failed();
 * }
 * assertEquals(breaker.state, "closed");
 * ```
 */
export class CircuitBreaker implements Policy {
  readonly #circuit: Circuit;
  readonly #isFailure: (error: unknown) => boolean;
  readonly #isFailedResult: ((result: unknown) => boolean) | undefined;
  readonly #name: string;
  #settling: Settling | undefined;

  /**
   * A closed circuit, or one that goes on where another one stood.
   *
   * @throws {RangeError} if a number is out of its range
   * @throws {TypeError} if `initial` is not a snapshot of the same strategy
   */
  constructor(options: CircuitBreakerOptions = {}) {
    const {
      trip = consecutiveFailures(5),
      openMs = 30_000,
      halfOpenProbes = 1,
      probeTimeoutMs = 60_000,
      isFailure = isServerFault,
      isFailedResult,
      name = "upstream",
      initial,
      clock = systemClock,
    } = options;
    this.#circuit = new Circuit({ trip, openMs, halfOpenProbes, probeTimeoutMs, clock });
    this.#isFailure = isFailure;
    this.#isFailedResult = isFailedResult;
    this.#name = name;
    if (initial !== undefined) this.#circuit.load(initial);
  }

  /** Where the circuit stands. */
  get state(): CircuitState {
    return this.#circuit.state;
  }

  /**
   * Whether a call is worth while now: it gets through, or finds out that the
   * probes are overdue. Asking changes nothing.
   */
  get isCallable(): boolean {
    return this.#circuit.isCallable;
  }

  /** Time until probes may pass: 0 unless open, `Infinity` while isolated. */
  get retryAfterMs(): number {
    return this.#circuit.retryAfterMs;
  }

  /**
   * Calls the operation, unless the circuit is open.
   *
   * @throws {ProxyError} `circuit_open`, with the failure that opened it as
   * cause and `Retry-After`, when the call is refused
   * @throws the reason of the caller's signal when it has fired before
   * @throws what the operation throws
   */
  call<T>(operation: Operation<T>, context: CallContext = NO_CONTEXT): Promise<T> {
    const { signal } = context;
    const permit = this.#circuit.closedPermit;
    if (permit === null || signal !== undefined) return this.#callWith(operation, context);
    if (this.#settling?.permit !== permit) this.#settling = this.#settlingOf(permit);
    return started(operation, context).then(this.#settling.succeeded, this.#settling.failed);
  }

  /** The rarer ways: with a signal, or through a circuit that is not closed. */
  async #callWith<T>(operation: Operation<T>, context: CallContext): Promise<T> {
    context.signal?.throwIfAborted();
    const permit = this.acquire();
    try {
      let result: T;
      try {
        result = await operation(context);
      } catch (error) {
        return this.#settleError(permit, error, context.signal);
      }
      return this.#settleResult(permit, result);
    } finally {
      // For when isFailure or isFailedResult throws; harmless once it is settled.
      permit.release();
    }
  }

  #settlingOf(permit: CircuitPermit): Settling {
    const succeeded = <T>(result: T): T => {
      permit.succeeded();
      return result;
    };
    return {
      permit,
      succeeded: this.#isFailedResult === undefined
        ? succeeded
        : (result) => this.#settleResult(permit, result),
      failed: (error) => this.#settleError(permit, error, undefined),
    };
  }

  #settleResult<T>(permit: CircuitPermit, result: T): T {
    if (this.#isFailedResult?.(result) === true) permit.failed();
    else permit.succeeded();
    return result;
  }

  #settleError(permit: CircuitPermit, error: unknown, signal: AbortSignal | undefined): never {
    if (!isGivenUp(error, signal) && this.#isFailure(error)) permit.failed(error);
    else permit.release();
    throw error;
  }

  /** Leave for one call, or null when it is refused. */
  tryAcquire(): CircuitPermit | null {
    return this.#circuit.closedPermit ?? this.#circuit.tryProbe();
  }

  /**
   * Leave for one call.
   *
   * @throws {ProxyError} `circuit_open` when it is refused
   */
  acquire(): CircuitPermit {
    const permit = this.tryAcquire();
    if (permit === null) throw this.#refusal();
    return permit;
  }

  /**
   * Holds the circuit open, as for the maintenance of what is called. When the
   * last of several who do so has disposed of its hold, it is closed and
   * starts counting anew.
   *
   * @returns the hold
   *
   * @example
   * ```ts
   * import { CircuitBreaker } from "@pingo/pingo/timeout";
   * import { assertEquals } from "@std/assert";
   *
   * const breaker = new CircuitBreaker();
   * {
   *   using _maintenance = breaker.isolate();
   *   assertEquals(breaker.tryAcquire(), null);
   * }
   * assertEquals(breaker.state, "closed");
   * ```
   */
  isolate(): Disposable {
    return this.#circuit.isolate();
  }

  /**
   * Tells a listener from now on. What a listener throws goes to
   * `reportError` and harms no call.
   *
   * @returns disposing of it ends that
   */
  subscribe(listener: CircuitListener): Disposable {
    return this.#circuit.subscribe(listener);
  }

  /** What the breaker knows, for `initial` of another one; `JSON.stringify` asks for it. */
  toJSON(): CircuitSnapshot {
    return this.#circuit.save();
  }

  #refusal(): ProxyError {
    const { state, retryAfterMs, lastError } = this.#circuit;
    const headers = state === "isolated" ? undefined : [
      ["retry-after", String(Math.max(1, Math.ceil(retryAfterMs / 1000)))] as const,
    ];
    const text = state.replace("_", " ");
    return new ProxyError("circuit_open", `Cannot call ${this.#name}: its circuit is ${text}`, {
      cause: lastError,
      headers,
    });
  }
}

/** How calls end while the circuit is closed: made once for all of them. */
interface Settling {
  readonly permit: CircuitPermit;
  readonly succeeded: <T>(result: T) => T;
  readonly failed: (error: unknown) => never;
}

/** The caller gave up: only a timeout says something about the server. */
function isGivenUp(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted !== true || error !== signal.reason) return false;
  if (error instanceof ProxyError) return error.kind !== "deadline_exceeded";
  return !(error instanceof Error && error.name === "TimeoutError");
}
