import { ProxyError } from "../errors/mod.ts";
import {
  type Exchange,
  giveUpReply,
  isIdempotent,
  peerAddress,
  type Reply,
  type Selection,
  untilCancelled,
} from "../core/mod.ts";
import { type Aftermath, Attempt, type AttemptsOptions, type Course } from "./_attempt.ts";
import { ReplayableBody } from "./_replayable_body.ts";
import { isThenable } from "./phases.ts";

/** Before the first attempt, where nothing has to be kept for another one. */
const FIRST: Course = Object.freeze({ tried: Object.freeze([]), replayable: null });

/** Sends a request to upstreams until one answers or no attempt is left. */
export class Attempts<State> implements Aftermath<State> {
  readonly options: AttemptsOptions<State>;
  readonly askAgain: Aftermath<State>["askAgain"];

  constructor(options: AttemptsOptions<State>) {
    this.options = options;
    this.askAgain = options.limits.statuses === null
      ? null
      : (attempt, reply) => this.#askAgain(attempt, reply);
  }

  /**
   * The phases from the choice of a peer to `upstreamResponse`. The first attempt is made without an async
   * function where nobody makes it wait: each call of one costs memory for all its variables.
   */
  run(exchange: Exchange<State>): Promise<Reply> {
    const { limits, select, isDirect, isHooked } = this.options;
    const course = exchange.body === null || limits.maxAttempts === 1
      ? FIRST
      : { tried: [], replayable: new ReplayableBody(exchange.body, limits.maxReplayBytes) };
    if (limits.budget !== null) limits.budget.deposit();
    try {
      if (exchange.cancel.cancelled) throw ProxyError.from(exchange.cancel.reason);
      const choice = select(exchange, course);
      if (isThenable(choice)) {
        return this.#runFrom(exchange, course, choice)
          .catch((error) => this.#giveUp(exchange, error));
      }
      const attempt = new Attempt(this, exchange, course, choice);
      // Where nobody has made it wait, it begins with the exchange: that saves a look at the clock.
      const pending = attempt.send(isDirect ? exchange.timings.start : exchange.clock.now());
      return isHooked ? pending.then() : pending;
    } catch (error) {
      return this.#giveUp(exchange, error);
    }
  }

  /** No attempt is left: what the proxy answers in place of the upstream, where it does so here. */
  #giveUp(exchange: Exchange<State>, error: unknown): Promise<Reply> {
    const { giveUp } = this.options;
    return giveUp === null ? Promise.reject(error) : giveUp(exchange, error);
  }

  /** Makes attempts, beginning with a choice, until one is answered or none is left. */
  async #runFrom(
    exchange: Exchange<State>,
    course: Course,
    choice: Selection | Promise<Selection>,
  ): Promise<Reply> {
    const selection = await selectionInTime(choice, exchange);
    return await new Attempt(this, exchange, course, selection).send(exchange.clock.now());
  }

  /**
   * Asks another peer where an answer of this status is not to be passed on; null where it is.
   *
   * While nothing went down to the client, and of a method that may arrive twice (RFC 9110 §9.2.2), that
   * does no harm.
   */
  #askAgain(attempt: Attempt<State>, reply: Reply): Promise<Reply> | null {
    const { exchange, course } = attempt;
    const isWanted = this.options.limits.statuses?.has(reply.status) !== true;
    if (isWanted || exchange.cancel.cancelled || !isIdempotent(exchange.request.method)) {
      return null;
    }
    const isLeft = this.#mayBeTried(exchange, course, course.tried.length + 1);
    return isLeft && this.#isInBudget() ? this.#replace(attempt, reply) : null;
  }

  /** Gives an answer up for that of another peer. When nobody can be chosen, it is better than none. */
  async #replace(attempt: Attempt<State>, reply: Reply): Promise<Reply> {
    const { exchange } = attempt;
    const course = behind(attempt);
    let selection: Selection;
    try {
      selection = await selectionInTime(this.options.select(exchange, course), exchange);
    } catch {
      return await attempt.pass(reply);
    }
    const { status } = reply;
    giveUpReply(reply);
    reply.release?.();
    attempt.settle(status, null);
    exchange.timings.upstreamHead = -1;
    return await new Attempt(this, exchange, course, selection).send(exchange.clock.now());
  }

  /** Goes on behind an attempt that failed: with another one, or with its error. */
  async goOn(attempt: Attempt<State>, thrown: unknown): Promise<Reply> {
    const { exchange } = attempt;
    const course = behind(attempt);
    try {
      this.#afterFailure(attempt, thrown, course);
      if (exchange.cancel.cancelled) throw ProxyError.from(exchange.cancel.reason);
      return await this.#runFrom(exchange, course, this.options.select(exchange, course));
    } catch (error) {
      return await this.#giveUp(exchange, error);
    }
  }

  /** Settles an attempt that failed; throws unless another one is to follow. */
  #afterFailure(attempt: Attempt<State>, thrown: unknown, course: Course): void {
    const { exchange } = attempt;
    const { tried } = course;
    const error = ProxyError.from(thrown, "filter_failed");
    attempt.settle(null, error);
    const isLeft = this.#mayBeTried(exchange, course, tried.length);
    if (isLeft && attempt.mayRetry(error) && this.#isInBudget()) return;
    exchange.body?.cancel(error);
    const peer = peerAddress(tried[tried.length - 1]);
    throw error.withContext(`upstream ${peer}, attempt ${tried.length}`);
  }

  /** Whether attempts are left, and the content can be sent once more. */
  #mayBeTried(exchange: Exchange<State>, { replayable }: Course, made: number): boolean {
    if (made >= this.options.limits.maxAttempts) return false;
    return replayable === null ? exchange.body === null : replayable.canReplay;
  }

  #isInBudget(): boolean {
    return this.options.limits.budget?.tryWithdraw() ?? true;
  }
}

/** The selection, waited for no longer than the exchange goes on; one that comes later is settled. */
async function selectionInTime<State>(
  choice: Selection | Promise<Selection>,
  exchange: Exchange<State>,
): Promise<Selection> {
  if (!isThenable(choice)) return choice;
  try {
    return await untilCancelled(choice, exchange.cancel);
  } catch (thrown) {
    const error = ProxyError.from(thrown);
    choice.then((late) => late.settle?.({ status: null, error, durationMs: 0 }), () => {});
    throw thrown;
  }
}

/** How far it has come when an attempt was made. */
function behind<State>({ course: { tried, replayable }, peer }: Attempt<State>): Course {
  return { tried: [...tried, peer], replayable };
}
