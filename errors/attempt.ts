import { err, ok, type Result } from "./result.ts";

/**
 * Runs a function and gives what it returns or throws as a `Result`. For a
 * function that returns a promise there is {@linkcode attemptAsync}.
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
 *
 * const bad = attempt(() => JSON.parse("{"), ProxyError.from);
 * assert(isErr(bad));
 * assertEquals(bad.error.kind, "internal");
 * ```
 */
export function attempt<T, E = unknown>(
  run: () => T,
  toError?: (thrown: unknown) => E,
): Result<T, E>;
export function attempt<T>(
  run: () => T,
  toError: (thrown: unknown) => unknown = same,
): Result<T, unknown> {
  try {
    return ok(run());
  } catch (thrown) {
    return err(toError(thrown));
  }
}

/**
 * Runs a function and gives what its promise becomes as a `Result`. The
 * promise of that never rejects, also when the function throws at once.
 *
 * @param run the function
 * @param toError makes an error of what was thrown; left out, it is kept
 *
 * @example
 * ```ts
 * import { attemptAsync, err, ok } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await attemptAsync(() => Promise.resolve(2)), ok(2));
 * assertEquals(await attemptAsync(() => Promise.reject("no")), err("no"));
 * ```
 */
export function attemptAsync<T, E = unknown>(
  run: () => T | Promise<T>,
  toError?: (thrown: unknown) => E,
): Promise<Result<T, E>>;
export async function attemptAsync<T>(
  run: () => T | Promise<T>,
  toError: (thrown: unknown) => unknown = same,
): Promise<Result<T, unknown>> {
  try {
    return ok(await run());
  } catch (thrown) {
    return err(toError(thrown));
  }
}

function same(thrown: unknown): unknown {
  return thrown;
}
