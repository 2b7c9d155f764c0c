import type { CallContext, Operation } from "./policy.ts";

/**
 * Starts an operation; what it throws at once rejects. With `then` on it a policy
 * needs no async function of its own, which is what a call costs most by.
 */
export function started<T>(operation: Operation<T>, context: CallContext): Promise<T> {
  try {
    const result = operation(context);
    return result instanceof Promise ? result : Promise.resolve(result);
  } catch (error) {
    return Promise.reject(error);
  }
}
