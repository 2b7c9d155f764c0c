import { ProxyError } from "../errors/mod.ts";
import { type Clock, systemClock } from "../timeout/mod.ts";
import type { Decision, LimitState } from "./limit_state.ts";
import type { RateLimiterOptions } from "./limiter_options.ts";
import type { WaitOptions } from "./rate_limiter.ts";
import { checkUnits, decisionOf, type Rule, stateOf } from "./_rule.ts";

/** One who waits; linked, so that who gives up leaves at the price of those at the head. */
interface Waiter {
  readonly n: number;
  readonly pass: () => void;
  before: Waiter | null;
  after: Waiter | null;
}

/** The line before a rule: who asks, who waits in which order, and one timer for all of them. */
export class Line {
  readonly #rule: Rule;
  readonly #clock: Clock;
  readonly #maxWaiting: number;
  readonly #wake: () => void;
  #first: Waiter | null = null;
  #last: Waiter | null = null;
  #length = 0;
  #units = 0;
  /** Whom the timer is set for: as long as that one is first, it need not be set again. */
  #armedFor: Waiter | null = null;
  #cancelTimer: () => void = noTimer;

  constructor(rule: Rule, options: RateLimiterOptions) {
    const { clock = systemClock, maxWaiting = 10_000 } = options;
    if (!Number.isInteger(maxWaiting) || maxWaiting < 0) {
      throw new RangeError(
        `Cannot create a limiter: maxWaiting ${maxWaiting} is not a whole number from 0 on`,
      );
    }
    this.#rule = rule;
    this.#clock = clock;
    this.#maxWaiting = maxWaiting;
    this.#wake = () => {
      this.#armedFor = null;
      this.#serve(clock.now());
    };
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  allow(n: number): boolean {
    checkUnits(n);
    const now = this.#clock.now();
    return this.#isFree(now) && this.#rule.take(n, now);
  }

  take(n: number): Decision {
    checkUnits(n);
    const now = this.#clock.now();
    const isAllowed = this.#isFree(now) && this.#rule.take(n, now);
    if (this.#first === null) return decisionOf(this.#rule, n, now, isAllowed);
    return { isAllowed, ...this.#busyState(n, now) };
  }

  peek(n: number): LimitState {
    checkUnits(n);
    const now = this.#clock.now();
    return this.#isFree(now) ? stateOf(this.#rule, n, now) : this.#busyState(n, now);
  }

  delayMs(n: number): number {
    checkUnits(n);
    const now = this.#clock.now();
    return this.#rule.delayMs(this.#isFree(now) ? n : this.#behindAll(n), now);
  }

  wait(options: WaitOptions): Promise<void> {
    const { n = 1, signal } = options;
    try {
      return this.#enter(n, signal) ? Promise.resolve() : this.#join(n, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Whether the units were taken at once; throws where waiting makes no sense. */
  #enter(n: number, signal: AbortSignal | undefined): boolean {
    checkUnits(n);
    if (n > this.#rule.limit) {
      throw new RangeError(
        `Cannot wait for ${n} units: there are never more than ${this.#rule.limit}`,
      );
    }
    signal?.throwIfAborted();
    const now = this.#clock.now();
    if (this.#isFree(now) && this.#rule.take(n, now)) return true;
    if (this.#length < this.#maxWaiting) return false;
    throw new ProxyError("rate_limited", `Cannot wait for a limiter: ${this.#length} wait already`);
  }

  #join(n: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        const wasFirst = waiter === this.#first;
        this.#leave(waiter);
        // The next one may want less.
        if (wasFirst) this.#serve(this.#clock.now());
        reject(signal?.reason);
      };
      const pass = signal === undefined ? resolve : () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const waiter: Waiter = { n, pass, before: this.#last, after: null };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#append(waiter);
    });
  }

  #append(waiter: Waiter): void {
    if (this.#last === null) this.#first = waiter;
    else this.#last.after = waiter;
    this.#last = waiter;
    this.#length++;
    this.#units += waiter.n;
    if (waiter === this.#first) this.#serve(this.#clock.now());
  }

  #leave(waiter: Waiter): void {
    const { before, after } = waiter;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    this.#length--;
    this.#units = this.#length === 0 ? 0 : this.#units - waiter.n;
  }

  /** Whether nobody waits; those whose time has come, though the timer is late, go first. */
  #isFree(now: number): boolean {
    if (this.#first === null) return true;
    this.#serve(now);
    return this.#first === null;
  }

  /** Lets through whoever is due, in order, and sets the timer for the first one that is not. */
  #serve(now: number): void {
    while (this.#first !== null && this.#rule.take(this.#first.n, now)) {
      const waiter = this.#first;
      this.#leave(waiter);
      waiter.pass();
    }
    const first = this.#first;
    if (first === this.#armedFor) return;
    this.#cancelTimer();
    this.#armedFor = first;
    this.#cancelTimer = first === null
      ? noTimer
      : this.#clock.setTimer(this.#wake, this.#rule.delayMs(first.n, now));
  }

  /** What one who asks now stands behind; never above what there can ever be, which would be for ever. */
  #behindAll(n: number): number {
    return n > this.#rule.limit ? n : Math.min(this.#rule.limit, this.#units + n);
  }

  #busyState(n: number, now: number): LimitState {
    return { ...stateOf(this.#rule, this.#behindAll(n), now), remaining: 0 };
  }
}

function noTimer(): void {}
