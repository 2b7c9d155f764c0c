import { err, ok, type Result } from "./result.ts";

/**
 * Runs a function and gives what it returns or throws as a `Result`; for an
 * async function, a promise of one that never rejects.
 *
 * @param run the function
 * @param toError makes an error of what was thrown; left out, it is kept
 *
 * @example
 * ```ts
 * import { attempt, isErr, ok, ProxyError } from "@pingo/pingo/errors";
 * import { assert, assertEquals } from "@std/assert";
 *
 * assertEquals(attempt(() => JSON.parse("1")), ok(1));
 * assertEquals(await attempt(() => Promise.resolve(2)), ok(2));
 *
 * const bad = attempt(() => JSON.parse("{"), (e) => ProxyError.from(e));
 * assert(isErr(bad));
 * assertEquals(bad.error.kind, "internal");
 * ```
 */
export function attempt<T, E = unknown>(
  run: () => Promise<T>,
  toError?: (thrown: unknown) => E,
): Promise<Result<T, E>>;
/** The same for a function that returns at once. */
export function attempt<T, E = unknown>(
  run: () => T,
  toError?: (thrown: unknown) => E,
): Result<T, E>;
export function attempt<T>(
  run: () => T | Promise<T>,
  toError: (thrown: unknown) => unknown = (thrown) => thrown,
): Result<T, unknown> | Promise<Result<T, unknown>> {
  try {
    const value = run();
    if (!(value instanceof Promise)) return ok(value);
    return value.then(ok, (thrown) => err(toError(thrown)));
  } catch (thrown) {
    return err(toError(thrown));
  }
}
