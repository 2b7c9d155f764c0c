import { NO_CONTEXT } from "./_no_context.ts";
import type { CallContext, Operation, Policy } from "./policy.ts";

/**
 * One policy out of several, the outermost first: the first one sees the whole
 * call, the last one is next to the operation. What each hands on as context
 * (its signal, its number of the attempt) reaches everything further in.
 *
 * The usual order is: total timeout, retry, circuit breaker, bulkhead, timeout of an
 * attempt. So each attempt is counted by the breaker, and a pause between
 * attempts holds no slot of the bulkhead.
 *
 * @returns a policy; of none it just calls
 *
 * @example
 * ```ts
 * import { CircuitBreaker, composePolicies, RetryPolicy, TimeoutPolicy } from "@pingo/pingo/timeout";
 * import { assertEquals } from "@std/assert";
 *
 * const policy = composePolicies(
 *   new RetryPolicy({ maxAttempts: 3, backoff: () => 0 }),
 *   new CircuitBreaker(),
 *   new TimeoutPolicy({ timeoutMs: 1_000 }),
 * );
 * const answer = await policy.call(({ attempt, signal }) => {
 *   if (attempt === 1) throw new Error("a bad start");
 *   return `attempt ${attempt}, aborted: ${signal?.aborted}`;
 * });
 * assertEquals(answer, "attempt 2, aborted: false");
 * ```
 */
export function composePolicies(...policies: readonly Policy[]): Policy {
  return policies.length === 0
    ? direct
    : policies.reduceRight((inner, outer) => nest(outer, inner));
}

const direct: Policy = {
  async call(operation, context = NO_CONTEXT) {
    context.signal?.throwIfAborted();
    return await operation(context);
  },
};

function nest(outer: Policy, inner: Policy): Policy {
  return {
    call<T>(operation: Operation<T>, context?: CallContext): Promise<T> {
      return outer.call((each) => inner.call(operation, each), context);
    },
  };
}
