/** Stand-in for `jsr:@std/testing/time` over fake-timers. */
import { withGlobal } from "./fake_timers.ts";

export interface FakeTimeOptions {
  advanceRate: number;
  advanceFrequency?: number;
}

export interface DelayOptions {
  signal?: AbortSignal;
}

export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

let current: FakeTime | undefined;

// The real ones, for `delay`: taken before any fake is installed.
const { setTimeout, clearTimeout, setInterval, clearInterval, Date } = globalThis;

export class FakeTime {
  readonly start: number;
  readonly #clock: ReturnType<ReturnType<typeof withGlobal>["install"]>;
  readonly #advancing: ReturnType<typeof setInterval> | undefined;

  constructor(
    start?: number | string | Date | null,
    options?: FakeTimeOptions,
  ) {
    if (current !== undefined) {
      throw new TimeError("Cannot construct FakeTime: time is already faked");
    }
    this.start = start === null || start === undefined ? Date.now() : new Date(start).getTime();
    if (Number.isNaN(this.start)) {
      throw new TypeError(
        `Cannot construct FakeTime: invalid start time ${this.start}`,
      );
    }
    this.#clock = withGlobal(globalThis).install({
      now: this.start,
      toFake: [
        "Date",
        "setTimeout",
        "clearTimeout",
        "setInterval",
        "clearInterval",
      ],
    });
    const { advanceRate = 0, advanceFrequency = 10 } = options ?? {};
    this.#advancing = advanceRate > 0
      ? setInterval(
        () => this.tick(advanceRate * advanceFrequency),
        advanceFrequency,
      )
      : undefined;
    current = this;
  }

  static restore(): void {
    if (current === undefined) {
      throw new TimeError("Cannot restore time: time is already restored");
    }
    current.restore();
  }

  get now(): number {
    return this.#clock.now;
  }

  set now(value: number) {
    if (value < this.now) {
      throw new RangeError(
        `Cannot set current time in the past, time must be >= ${this.now}: received ${value}`,
      );
    }
    this.#clock.tick(value - this.now);
  }

  tick(ms = 0): void {
    this.#clock.tick(ms);
  }

  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.tick(ms);
  }

  next(): boolean {
    if (this.#clock.countTimers() === 0) return false;
    this.#clock.next();
    return true;
  }

  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  runAll(): void {
    while (this.next());
  }

  async runAllAsync(): Promise<void> {
    while (await this.nextAsync());
  }

  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Waits in real time. */
  delay(ms: number, options: DelayOptions = {}): Promise<void> {
    const { signal } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => {
      clearTimeout(timer);
      reject(new DOMException("Delay was aborted.", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    return promise;
  }

  restore(): void {
    if (current !== this) {
      throw new TimeError("Cannot restore time: time is already restored");
    }
    current = undefined;
    clearInterval(this.#advancing);
    this.#clock.uninstall();
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}
