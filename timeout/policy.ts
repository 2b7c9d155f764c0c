/** What a policy tells the operation that it calls, and the caller tells the policy. */
export interface CallContext {
  /** Fires when the operation shall stop; undefined where nobody can stop it. */
  readonly signal?: AbortSignal;
  /** Number of this attempt, from 1 on, under a policy that makes several. */
  readonly attempt?: number;
}

/** The work that a policy calls, with the context of this very call. */
export type Operation<T> = (context: CallContext) => T | Promise<T>;

/**
 * One rule of resilience: a `CircuitBreaker`, a `RetryPolicy`, a `Bulkhead`, a
 * `HedgePolicy`, a `TimeoutPolicy`, or an own one. `composePolicies` nests them.
 */
export interface Policy {
  /**
   * Calls the operation by the rule: at once, later, more than once or not at all.
   *
   * @param operation the work
   * @param context what the caller knows; its signal is observed before each step
   */
  call<T>(operation: Operation<T>, context?: CallContext): Promise<T>;
}
