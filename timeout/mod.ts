/**
 * Time as a proxy needs it: a {@linkcode Clock} port with a fake for tests,
 * a {@linkcode TimerWheel} for thousands of coarse deadlines over one timer,
 * {@linkcode withTimeout}, {@linkcode Deadline} and {@linkcode sleep}; and what
 * keeps failures small: {@linkcode CircuitBreaker}, {@linkcode withRetry} with
 * its backoffs and {@linkcode RetryBudget}, {@linkcode hedge},
 * {@linkcode Bulkhead}, {@linkcode TimeoutGroup}, joined by
 * {@linkcode composePolicies}.
 *
 * @example
 * ```ts
 * import { FakeClock, sleep, withTimeout } from "@pingo/pingo/timeout";
 * import { assertRejects } from "@std/assert";
 *
 * const clock = new FakeClock();
 * const slow = withTimeout((signal) => sleep(60_000, { clock, signal }), 100, {
 *   clock,
 * });
 * clock.advance(100);
 * await assertRejects(() => slow, Error, "100 ms are over");
 * ```
 *
 * @module
 */
export {
  type Clock,
  type Random,
  type SetTimerOptions,
  systemClock,
  systemRandom,
} from "./clock.ts";
export { FakeClock, type FakeClockOptions } from "./fake_clock.ts";
export { TimerWheel, type TimerWheelOptions } from "./timer_wheel.ts";
export { type WheelTimer } from "./wheel_timer.ts";
export { withTimeout, type WithTimeoutOptions } from "./with_timeout.ts";
export { Deadline, type DeadlineOptions } from "./deadline.ts";
export { sleep, type SleepOptions } from "./sleep.ts";
export { parseHttpDate } from "./parse_http_date.ts";
export { type CallContext, type Operation, type Policy } from "./policy.ts";
export { composePolicies } from "./compose_policies.ts";
export { TimeoutPolicy, type TimeoutPolicyOptions } from "./timeout_policy.ts";
export { CircuitBreaker, type CircuitBreakerOptions } from "./breaker/circuit_breaker.ts";
export { type CircuitPermit } from "./breaker/circuit_permit.ts";
export {
  type CircuitChange,
  type CircuitListener,
  type CircuitSnapshot,
  type CircuitState,
} from "./breaker/circuit_state.ts";
export { type TripCounter, type TripStrategy } from "./breaker/trip_strategy.ts";
export { consecutiveFailures } from "./breaker/consecutive_failures.ts";
export {
  failureRateOverCalls,
  type FailureRateOverCallsOptions,
} from "./breaker/failure_rate_over_calls.ts";
export {
  failureRateOverTime,
  type FailureRateOverTimeOptions,
} from "./breaker/failure_rate_over_time.ts";
export { isServerFault } from "./breaker/is_server_fault.ts";
export { type Backoff, type BackoffStep } from "./retry/backoff.ts";
export { constantBackoff } from "./retry/constant_backoff.ts";
export {
  exponentialBackoff,
  type ExponentialBackoffOptions,
  type Jitter,
} from "./retry/exponential_backoff.ts";
export {
  decorrelatedBackoff,
  type DecorrelatedBackoffOptions,
} from "./retry/decorrelated_backoff.ts";
export { honourRetryAfter, type HonourRetryAfterOptions } from "./retry/honour_retry_after.ts";
export { parseRetryAfter, type ParseRetryAfterOptions } from "./retry/parse_retry_after.ts";
export { isRetryable } from "./retry/is_retryable.ts";
export { RetryBudget, type RetryBudgetOptions } from "./retry/retry_budget.ts";
export { type RetryEvent, RetryPolicy, type RetryPolicyOptions } from "./retry/retry_policy.ts";
export { withRetry, type WithRetryOptions } from "./retry/with_retry.ts";
export { hedge, type HedgeOptions } from "./hedge/hedge.ts";
export { HedgePolicy, type HedgePolicyOptions } from "./hedge/hedge_policy.ts";
export {
  type LatencyEstimate,
  PercentileLatency,
  type PercentileLatencyOptions,
} from "./hedge/percentile_latency.ts";
export {
  Bulkhead,
  type BulkheadAcquireOptions,
  type BulkheadOptions,
  type BulkheadSlot,
} from "./bulkhead.ts";
export { TimeoutGroup, type TimeoutGroupOptions } from "./timeout_group.ts";
