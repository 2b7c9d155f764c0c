import { ERROR_KINDS, type ErrorKind } from "./error_kind.ts";
import type { ErrorSource, RetryDecision } from "./error_kind_traits.ts";
import { checkHeaders, checkStatus } from "./_check.ts";
import { describe } from "./_describe.ts";

/** Options of {@linkcode ProxyError}. What is left out comes from the kind. */
export interface ProxyErrorOptions {
  /** What led to this error. */
  cause?: unknown;
  /**
   * Where the failure comes from.
   * @default {ERROR_KINDS[kind].source}
   */
  source?: ErrorSource;
  /**
   * Whether another attempt may be made.
   * @default {ERROR_KINDS[kind].retry}
   */
  retry?: RetryDecision;
  /**
   * HTTP status of the answer, 400 to 599.
   * @default {ERROR_KINDS[kind].status}
   */
  status?: number;
  /**
   * Fields that the answer carries besides its own, such as `Retry-After` or
   * `Allow`. They are public.
   * @default {[]}
   */
  headers?: readonly (readonly [name: string, value: string])[];
  /**
   * What was being done, innermost first; only logs show it.
   * @default {[]}
   */
  context?: readonly string[];
}

/** Makes a plain object where `Error` would walk the stack; see below. */
class Stackless {}
Object.setPrototypeOf(Stackless, Error);

const NONE: readonly never[] = Object.freeze([]);

/**
 * Every failure at run time. The kind decides source, retry, status and
 * metric label by {@linkcode ERROR_KINDS}; the message, the context and the
 * causes are for logs alone and never reach a client.
 *
 * Capturing a stack costs 2 µs and more, on a path (429, 499) that an attack
 * can make the hottest one, and tells nothing about a peer's misbehaviour.
 * So only kinds with status 500, the defects, carry stack frames.
 *
 * @example
 * ```ts
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const error = new ProxyError(
 *   "connect_refused",
 *   "Cannot connect to 10.0.0.7:80: refused",
 * ).withContext("attempt 1 of 2");
 *
 * assert(error instanceof Error);
 * assertEquals(error.status, 502);
 * assertEquals(error.retry, "yes");
 * assertEquals(
 *   error.describe(),
 *   "connect_refused: Cannot connect to 10.0.0.7:80: refused [attempt 1 of 2]",
 * );
 * ```
 */
export class ProxyError extends Error {
  // `super()` runs the constructor's prototype: this swaps how the object is
  // made, while `instanceof Error` and everything inherited stay.
  static {
    Object.setPrototypeOf(ProxyError, Stackless);
  }

  /** Kind of the failure. */
  readonly kind: ErrorKind;
  /** Where the failure comes from. */
  readonly source: ErrorSource;
  /** Whether another attempt may be made. */
  readonly retry: RetryDecision;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Fields that the answer carries besides its own. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What was being done, innermost first; only logs show it. */
  readonly context: readonly string[];

  /**
   * An error of one kind. Without a message it has the title of its kind.
   *
   * @param kind what went wrong
   * @param message for logs: "Cannot <verb> <object>: <state>", no secret
   * @throws {TypeError} if the kind is unknown or a header is not a valid field
   * @throws {RangeError} if the status is not an error status
   */
  constructor(
    kind: ErrorKind,
    message?: string,
    options: ProxyErrorOptions = {},
  ) {
    super();
    const row = ERROR_KINDS[kind];
    // Untyped callers: an inherited name, such as toString, is no kind either.
    if (row?.label !== kind) {
      throw new TypeError(`Cannot create ProxyError: unknown kind "${kind}"`);
    }
    const { source = row.source, retry = row.retry, status = row.status } = options;
    if (status !== row.status) checkStatus(status);
    if (options.headers !== undefined) checkHeaders(options.headers);
    this.message = message ?? row.title;
    this.kind = kind;
    this.source = source;
    this.retry = retry;
    this.status = status;
    this.headers = options.headers ?? NONE;
    this.context = options.context ?? NONE;
    if (options.cause !== undefined) this.cause = options.cause;
    if (row.status === 500) Error.captureStackTrace(this, new.target);
    else this.stack = `ProxyError: ${kind}: ${this.message}`;
  }

  /** Metric label: snake_case, one of a bounded set. */
  get label(): string {
    return ERROR_KINDS[this.kind].label;
  }

  /**
   * This error with one more line of context. A new object, since one error
   * may be the abort reason of many requests.
   *
   * @param text what was being done, no secret
   */
  withContext(text: string): ProxyError {
    if (this.context.at(-1) === text) return this;
    return this.#copy(this.headers, [...this.context, text]);
  }

  /**
   * This error with more fields for its answer, as what lies around the one who
   * failed has to tell. A new object, as with {@linkcode ProxyError.withContext}.
   *
   * @param headers fields, behind those that it has
   * @throws {TypeError} if one is not a valid field
   */
  withHeaders(headers: ProxyError["headers"]): ProxyError {
    return this.#copy([...this.headers, ...headers], this.context);
  }

  #copy(headers: ProxyError["headers"], context: readonly string[]): ProxyError {
    const { cause, source, retry, status } = this;
    const options = { cause, source, retry, status, headers, context };
    const copy = new ProxyError(this.kind, this.message, options);
    copy.stack = this.stack;
    return copy;
  }

  /** The cause at the end of the chain; the error itself if it has none. */
  rootCause(): unknown {
    if (this.cause === undefined) return this;
    let root = this.cause;
    // The bound ends a chain that bites its own tail.
    for (let depth = 0; depth < 32; depth++) {
      if (!(root instanceof Error) || root.cause === undefined) break;
      root = root.cause;
    }
    return root;
  }

  /**
   * One line for logs: kind, message, context and causes, each told once.
   * Control characters are escaped, since parts may come from the wire.
   */
  describe(): string {
    return describe(this);
  }

  /** The same as {@linkcode ProxyError.describe}. */
  override toString(): string {
    return describe(this);
  }

  /**
   * Any thrown thing as a `ProxyError`. One is kept as it is, an `AbortError`
   * that carries one gives it back, another `AbortError` becomes
   * `client_gone`, a `TimeoutError` becomes `deadline_exceeded`, everything
   * else the fallback with the thrown thing as its cause.
   *
   * @param error what was thrown
   * @param fallbackKind kind of what is not known
   *
   * @example
   * ```ts
   * import { ProxyError } from "@pingo/pingo/errors";
   * import { assertEquals } from "@std/assert";
   *
   * const error = ProxyError.from(new TypeError("x is not a function"));
   * assertEquals(error.kind, "internal");
   * assertEquals(ProxyError.from(error), error);
   * ```
   */
  static from(
    error: unknown,
    fallbackKind: ErrorKind = "internal",
  ): ProxyError {
    if (error instanceof ProxyError) return error;
    if (!(error instanceof Error)) {
      return new ProxyError(fallbackKind, `Caught ${typeof error}`, {
        cause: error,
      });
    }
    if (error.name === "AbortError") {
      if (error.cause instanceof ProxyError) return error.cause;
      return new ProxyError("client_gone", error.message, { cause: error });
    }
    const kind = error.name === "TimeoutError" ? "deadline_exceeded" : fallbackKind;
    return new ProxyError(kind, error.message || undefined, { cause: error });
  }
}

Object.defineProperty(ProxyError.prototype, "name", {
  value: "ProxyError",
  configurable: true,
  writable: true,
});
