import { ProxyError } from "../errors/mod.ts";
import {
  type Exchange,
  giveUpReply,
  isIdempotent,
  type Peer,
  peerAddress,
  type Reply,
  type Selection,
  type SelectOptions,
  untilCancelled,
} from "../core/mod.ts";
import { Attempt, type AttemptsOptions } from "./_attempt.ts";
import { ReplayableBody } from "./_replayable_body.ts";
import { isThenable } from "./phases.ts";

/** Sends a request to upstreams until one answers or no attempt is left. */
export class Attempts<State> {
  readonly #options: AttemptsOptions<State>;

  constructor(options: AttemptsOptions<State>) {
    this.#options = options;
  }

  /**
   * The phases from the choice of a peer to `upstreamResponse`. The first attempt is made without an async
   * function where nobody makes it wait: each call of one costs memory for all its variables.
   */
  run(exchange: Exchange<State>): Promise<Reply> {
    const { limits, select } = this.#options;
    const replayable = exchange.body !== null && limits.maxAttempts > 1
      ? new ReplayableBody(exchange.body, limits.maxReplayBytes)
      : null;
    const course: Course = { tried: [], replayable };
    if (limits.budget !== null) limits.budget.deposit();
    try {
      if (exchange.cancel.cancelled) throw ProxyError.from(exchange.cancel.reason);
      const choice = select(exchange, course);
      if (isThenable(choice)) {
        return this.#runFrom(exchange, choice, course)
          .catch((error) => this.#giveUp(exchange, error));
      }
      // Where nobody has made it wait, it begins with the exchange: that saves a look at the clock.
      const now = this.#options.isDirect ? exchange.timings.start : exchange.clock.now();
      return this.#send(exchange, new Attempt(exchange, choice, this.#options, now), course);
    } catch (error) {
      return this.#giveUp(exchange, error);
    }
  }

  /** No attempt is left: what the proxy answers in place of the upstream, where it does so here. */
  #giveUp(exchange: Exchange<State>, error: unknown): Promise<Reply> {
    const { giveUp } = this.#options;
    return giveUp === null ? Promise.reject(error) : giveUp(exchange, error);
  }

  /** Makes attempts, beginning with a choice, until one is answered or none is left. */
  async #runFrom(
    exchange: Exchange<State>,
    choice: Selection | Promise<Selection>,
    course: Course,
  ): Promise<Reply> {
    const selection = await selectionInTime(choice, exchange);
    const attempt = new Attempt(exchange, selection, this.#options, exchange.clock.now());
    return await this.#send(exchange, attempt, course);
  }

  #send(exchange: Exchange<State>, attempt: Attempt<State>, course: Course): Promise<Reply> {
    const { replayable } = course;
    const failed = (thrown: unknown) => this.#goOn(exchange, attempt, thrown, course);
    const answered = this.#options.limits.statuses === null
      ? null
      : (reply: Reply) => this.#askAgain(exchange, attempt, { reply, failed, course });
    const body = replayable === null ? exchange.body : replayable.attempt();
    return attempt.send(body, failed, answered);
  }

  /**
   * Asks another peer where an answer of this status is not to be passed on; null where it is.
   *
   * While nothing went down to the client, and of a method that may arrive twice (RFC 9110 §9.2.2), that
   * does no harm.
   */
  #askAgain(
    exchange: Exchange<State>,
    attempt: Attempt<State>,
    answer: Answer,
  ): Promise<Reply> | null {
    const { course, reply } = answer;
    const isWanted = this.#options.limits.statuses?.has(reply.status) !== true;
    if (isWanted || exchange.cancel.cancelled || !isIdempotent(exchange.request.method)) {
      return null;
    }
    const isLeft = this.#mayBeTried(exchange, course, course.tried.length + 1);
    return isLeft && this.#isInBudget() ? this.#replace(exchange, attempt, answer) : null;
  }

  /** Gives an answer up for that of another peer. When nobody can be chosen, it is better than none. */
  async #replace(
    exchange: Exchange<State>,
    attempt: Attempt<State>,
    { course, reply, failed }: Answer,
  ): Promise<Reply> {
    let selection: Selection;
    course.tried.push(attempt.peer);
    try {
      selection = await selectionInTime(this.#options.select(exchange, course), exchange);
    } catch {
      course.tried.pop();
      return await attempt.pass(reply, failed);
    }
    const { status } = reply;
    giveUpReply(reply);
    reply.release?.();
    attempt.settle(status, null);
    exchange.timings.upstreamHead = -1;
    const next = new Attempt(exchange, selection, this.#options, exchange.clock.now());
    return await this.#send(exchange, next, course);
  }

  /** Goes on behind an attempt that failed: with another one, or with its error. */
  async #goOn(
    exchange: Exchange<State>,
    attempt: Attempt<State>,
    thrown: unknown,
    course: Course,
  ): Promise<Reply> {
    course.tried.push(attempt.peer);
    try {
      this.#afterFailure(exchange, attempt, thrown, course);
      if (exchange.cancel.cancelled) throw ProxyError.from(exchange.cancel.reason);
      const choice = this.#options.select(exchange, course);
      return await this.#runFrom(exchange, choice, course);
    } catch (error) {
      return await this.#giveUp(exchange, error);
    }
  }

  /** Settles an attempt that failed; throws unless another one is to follow. */
  #afterFailure(
    exchange: Exchange<State>,
    attempt: Attempt<State>,
    thrown: unknown,
    course: Course,
  ): void {
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
    if (made >= this.#options.limits.maxAttempts) return false;
    return replayable === null ? exchange.body === null : replayable.canReplay;
  }

  #isInBudget(): boolean {
    return this.#options.limits.budget?.tryWithdraw() ?? true;
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

/** An answer of which it is not sure that it is passed on. */
interface Answer {
  readonly reply: Reply;
  /** What comes behind an attempt that failed. */
  readonly failed: (thrown: unknown) => Promise<Reply>;
  readonly course: Course;
}

/** How far the attempts of an exchange have come. */
interface Course extends SelectOptions {
  /** Who was tried. */
  readonly tried: Peer[];
  /** The content, where it may be sent again. */
  readonly replayable: ReplayableBody | null;
}
