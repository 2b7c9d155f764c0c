import { onAbort } from "../_abort.ts";
import { checkFiniteMs } from "../_number.ts";
import type { Operation } from "../policy.ts";
import { withEarlierErrors } from "../retry/_earlier_errors.ts";
import { told } from "../_told.ts";
import type { HedgeRules } from "./_hedge_rules.ts";

interface Attempt {
  readonly controller: AbortController;
  readonly startedAt: number;
}

/** One hedged call, from its first attempt to the end of its last. */
export class HedgedCall<T> {
  readonly #rules: HedgeRules<T>;
  readonly #operation: Operation<T>;
  readonly #signal: AbortSignal | undefined;
  readonly #outcome = Promise.withResolvers<T>();
  readonly #losersEnded = Promise.withResolvers<void>();
  readonly #running = new Set<Attempt>();
  readonly #errors: unknown[] = [];
  /** The last answer that was not good. */
  #second: { readonly result: T } | undefined;
  #started = 0;
  #isOver = false;
  #cancelTimer: () => void = () => {};

  constructor(rules: HedgeRules<T>, operation: Operation<T>, signal: AbortSignal | undefined) {
    this.#rules = rules;
    this.#operation = operation;
    this.#signal = signal;
  }

  async run(): Promise<T> {
    const removeListener = onAbort(this.#signal, () => this.#fail(this.#signal?.reason));
    this.#rules.budget?.deposit();
    this.#orFail(() => this.#start());
    try {
      return await this.#outcome.promise;
    } finally {
      removeListener();
      if (this.#rules.waitForLosers && this.#running.size > 0) await this.#losersEnded.promise;
    }
  }

  #start(): void {
    const { clock } = this.#rules;
    const attempt: Attempt = { controller: new AbortController(), startedAt: clock.now() };
    this.#started++;
    // First what may throw: a user's estimate.
    this.#armNext();
    this.#running.add(attempt);
    void this.#watch(attempt, this.#started);
  }

  #armNext(): void {
    this.#cancelTimer();
    const { clock, delayMs, maxAttempts } = this.#rules;
    if (this.#started >= maxAttempts) return;
    const ms = typeof delayMs === "number" ? delayMs : delayMs.currentMs;
    checkFiniteMs("hedge", "currentMs", ms);
    this.#cancelTimer = clock.setTimer(() => this.#orFail(() => this.#startAnother()), ms);
  }

  /** What the user's functions throw where nobody waits for it fails the call. */
  #orFail(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Unless all are made, or the budget is used up: then those on their way decide. */
  #startAnother(): boolean {
    const { budget, maxAttempts } = this.#rules;
    if (this.#started >= maxAttempts || budget?.tryWithdraw() === false) return false;
    this.#start();
    return true;
  }

  async #watch(attempt: Attempt, number: number): Promise<void> {
    const { signal } = attempt.controller;
    try {
      const result = await this.#operation({ signal, attempt: number });
      this.#end(attempt);
      this.#answered(attempt, result);
    } catch (error) {
      this.#end(attempt);
      this.#orFail(() => this.#attemptFailed(error));
    }
    if (this.#isOver && this.#running.size === 0) this.#losersEnded.resolve();
  }

  #end(attempt: Attempt): void {
    this.#running.delete(attempt);
  }

  #answered(attempt: Attempt, result: T): void {
    if (this.#isOver) return this.#discard(result);
    if (this.#isGood(result)) {
      this.#measure(attempt);
      return this.#win(result);
    }
    if (this.#second !== undefined) this.#discard(this.#second.result);
    this.#second = { result };
    this.#goOn();
  }

  #isGood(result: T): boolean {
    try {
      return this.#rules.isGood(result);
    } catch (error) {
      this.#discard(result);
      throw error;
    }
  }

  #attemptFailed(error: unknown): void {
    if (this.#isOver) return;
    this.#errors.push(error);
    if (this.#rules.isFatal(error)) this.#giveUp();
    else this.#goOn();
  }

  /** After an attempt that was in vain. */
  #goOn(): void {
    if (this.#startAnother() || this.#running.size > 0) return;
    if (this.#second === undefined) return this.#giveUp();
    const { result } = this.#second;
    this.#second = undefined;
    this.#win(result);
  }

  #win(result: T): void {
    for (const loser of this.#running) this.#measure(loser);
    this.#outcome.resolve(result);
    this.#finish(() => new DOMException("Another attempt answered first", "AbortError"));
  }

  #giveUp(): void {
    const text = `${this.#started} of ${this.#rules.maxAttempts} hedged attempts`;
    this.#fail(withEarlierErrors(this.#errors.at(-1), this.#errors.slice(0, -1), text));
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#outcome.reject(reason);
    this.#finish(() => reason);
  }

  #finish(reason: () => unknown): void {
    this.#isOver = true;
    this.#cancelTimer();
    if (this.#second !== undefined) this.#discard(this.#second.result);
    this.#second = undefined;
    if (this.#running.size === 0) return;
    const why = reason();
    for (const { controller } of [...this.#running]) controller.abort(why);
  }

  /** Of a loser this is the least that it would have taken. */
  #measure(attempt: Attempt): void {
    const { clock, delayMs } = this.#rules;
    if (typeof delayMs === "number") return;
    told(() => delayMs.record(Math.max(0, clock.now() - attempt.startedAt)));
  }

  #discard(result: T): void {
    told(() => this.#rules.discard(result));
  }
}
