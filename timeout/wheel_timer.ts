/** A timer of a `TimerWheel`: made once, armed many times, without allocation. */
export interface WheelTimer {
  /** Whether the timer waits to fire. */
  readonly isArmed: boolean;
  /**
   * Fires once after the delay, in place of what it was armed for before.
   * `Infinity` disarms.
   *
   * @param delayMs counted from `now`
   * @param now what the wheel's clock says; who has just read it saves a read
   * @throws {RangeError} if the delay is negative or NaN
   * @throws {Error} if the wheel is disposed
   */
  arm(delayMs: number, now?: number): void;
  /** Takes the timer out; harmless when it is not armed. */
  disarm(): void;
}
