import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Calls a function in the async context of the program, not in that of whoever calls: what is read on a
 * connection for many exchanges must not see what an `AsyncLocalStorage` holds for one of them, nor the span
 * that a tracer keeps there.
 *
 * It takes a third of a microsecond: for what begins a chain of calls back, not for each link.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from "node:async_hooks";
 * import { assertEquals } from "@std/assert";
 * import { apart } from "@pingo/pingo/core";
 *
 * const request = new AsyncLocalStorage<string>();
 * const seen: unknown[] = [];
 * const look = (name: string): void => void seen.push([name, request.getStore()]);
 * request.run("/a", () => {
 *   look("here");
 *   apart(look, "apart");
 * });
 * assertEquals(seen, [["here", "/a"], ["apart", undefined]]);
 * ```
 */
export const apart: <A>(fn: (argument: A) => void, argument: A) => void = AsyncLocalStorage
  .snapshot();
