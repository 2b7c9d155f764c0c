/**
 * Time as a proxy needs it: a {@linkcode Clock} port with a fake for tests,
 * a {@linkcode TimerWheel} for thousands of coarse deadlines over one timer,
 * {@linkcode withTimeout}, {@linkcode Deadline} and {@linkcode sleep}.
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
