/**
 * Leave for one call through a circuit breaker: to be settled exactly once, by
 * the first three methods or by disposing of it.
 *
 * While the circuit is closed all calls share one object, so that a permit
 * costs nothing; settling it twice would count twice. A permit from before the
 * last change of state is without effect: late news say nothing about now.
 */
export interface CircuitPermit extends Disposable {
  /** The call went well. */
  succeeded(): void;
  /**
   * The call failed.
   *
   * @param error what calls that are refused later get as their cause
   */
  failed(error?: unknown): void;
  /** The call ended in a way that says nothing, or did not begin. */
  release(): void;
}
