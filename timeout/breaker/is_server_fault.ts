import { type ErrorKind, ProxyError } from "../../errors/mod.ts";

/** Kinds of source "upstream" of which the server knows nothing. */
const NEVER_SENT: readonly ErrorKind[] = ["circuit_open", "no_upstream", "pool_timeout"];

/**
 * Whether an error speaks against the server that was called; what a
 * `CircuitBreaker` counts unless told otherwise. A client that left, a request
 * that was bad, a limit or a defect of our own says nothing about the server.
 *
 * Of a `ProxyError` counts what has source `upstream` and was sent, and
 * `deadline_exceeded`. Of other errors counts everything but an `AbortError`.
 *
 * @example
 * ```ts
 * import { isServerFault } from "@pingo/pingo/timeout";
 * import { ProxyError } from "@pingo/pingo/errors";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isServerFault(new ProxyError("connection_reset")));
 * assertFalse(isServerFault(new ProxyError("client_gone")));
 * ```
 */
export function isServerFault(error: unknown): boolean {
  if (error instanceof ProxyError) {
    if (error.kind === "deadline_exceeded") return true;
    return error.source === "upstream" && !NEVER_SENT.includes(error.kind);
  }
  return !(error instanceof Error && error.name === "AbortError");
}
