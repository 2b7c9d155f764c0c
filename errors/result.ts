/** A success with its value. */
export interface Ok<T> {
  /** Tells a success from a failure. */
  readonly ok: true;
  /** The value. */
  readonly value: T;
}

/** A failure with its error. */
export interface Err<E> {
  /** Tells a success from a failure. */
  readonly ok: false;
  /** The error. */
  readonly error: E;
}

/**
 * Outcome of something that is expected to fail now and then, as a value:
 * a parser's answer, a configuration check. Narrow it by its `ok` field.
 */
export type Result<T, E = Error> = Ok<T> | Err<E>;

/**
 * A success.
 *
 * @example
 * ```ts
 * import { ok } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ok(8080), { ok: true, value: 8080 });
 * ```
 */
export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

/**
 * A failure.
 *
 * @example
 * ```ts
 * import { err } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(err("no port"), { ok: false, error: "no port" });
 * ```
 */
export function err<E>(error: E): Err<E> {
  return { ok: false, error };
}

/**
 * Whether a result is a success.
 *
 * @example
 * ```ts
 * import { isOk, ok } from "@pingo/pingo/errors";
 * import { assert } from "@std/assert";
 *
 * assert(isOk(ok(1)));
 * ```
 */
export function isOk<T, E>(result: Result<T, E>): result is Ok<T> {
  return result.ok;
}

/**
 * Whether a result is a failure.
 *
 * @example
 * ```ts
 * import { err, isErr } from "@pingo/pingo/errors";
 * import { assert } from "@std/assert";
 *
 * assert(isErr(err("no")));
 * ```
 */
export function isErr<T, E>(result: Result<T, E>): result is Err<E> {
  return !result.ok;
}

/**
 * The result with its value changed; a failure stays as it is.
 *
 * @example
 * ```ts
 * import { map, ok } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(map(ok(2), (n) => n * 2), ok(4));
 * ```
 */
export function map<T, E, U>(
  result: Result<T, E>,
  change: (value: T) => U,
): Result<U, E> {
  return result.ok ? ok(change(result.value)) : result;
}

/**
 * The result with its error changed; a success stays as it is.
 *
 * @example
 * ```ts
 * import { err, mapErr } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mapErr(err("a"), (e) => e + "!"), err("a!"));
 * ```
 */
export function mapErr<T, E, F>(
  result: Result<T, E>,
  change: (error: E) => F,
): Result<T, F> {
  return result.ok ? result : err(change(result.error));
}

/**
 * The value of a success.
 *
 * @throws the error of a failure; one that is no `Error` comes as the cause of one
 *
 * @example
 * ```ts
 * import { err, ok, unwrap } from "@pingo/pingo/errors";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(unwrap(ok(1)), 1);
 * assertThrows(() => unwrap(err(new RangeError("too large"))), RangeError);
 * ```
 */
export function unwrap<T, E>(result: Result<T, E>): T {
  if (result.ok) return result.value;
  if (result.error instanceof Error) throw result.error;
  throw new Error("Cannot unwrap result: it is a failure", {
    cause: result.error,
  });
}

/**
 * The value of a success, the fallback for a failure.
 *
 * @example
 * ```ts
 * import { err, unwrapOr } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(unwrapOr(err("no"), 0), 0);
 * ```
 */
export function unwrapOr<T, E, U>(result: Result<T, E>, fallback: U): T | U {
  return result.ok ? result.value : fallback;
}
