import { ProxyError } from "../errors/mod.ts";
import {
  type Body,
  type ConnectionInfo,
  type Exchange,
  giveUpReply,
  hasNoContent,
  isIdempotent,
  type Peer,
  peerAddress,
  type Reply,
  type RequestHead,
  type Selection,
  type SelectOptions,
  type Transport,
  untilCancelled,
} from "../core/mod.ts";
import { cleanResponse, upstreamHead } from "./_heads.ts";
import { HookedBody } from "./_hooked_body.ts";
import { ReplayableBody } from "./_replayable_body.ts";
import type { ForwardingSettings, ProxyLimits } from "./_settings.ts";
import { type BodyPhase, isThenable, type Phases, runHooks } from "./phases.ts";

/** What {@linkcode Attempts} needs. */
export interface AttemptsOptions<State> {
  phases: Phases<State>;
  limits: ProxyLimits;
  forwarding: ForwardingSettings;
  transport: Transport;
  /** Whether nobody can make an exchange wait before its first attempt, or its reply behind that. */
  isDirect: boolean;
  /** Answers where no attempt is left; null where `run` is to reject. Saves a promise for each exchange. */
  giveUp: ((exchange: Exchange<State>, error: unknown) => Promise<Reply>) | null;
  select: (
    exchange: Exchange<State>,
    options: SelectOptions,
  ) => Selection | Promise<Selection>;
}

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

/** One attempt: a peer, what is sent to it and what comes back. */
class Attempt<State> {
  readonly #exchange: Exchange<State>;
  readonly #selection: Selection;
  readonly #options: AttemptsOptions<State>;
  readonly #startedAt: number;
  #connection: ConnectionInfo | null = null;
  #isSettled = false;

  constructor(
    exchange: Exchange<State>,
    selection: Selection,
    options: AttemptsOptions<State>,
    startedAt: number,
  ) {
    this.#exchange = exchange;
    this.#selection = selection;
    this.#options = options;
    this.#startedAt = startedAt;
    exchange.peer = selection.peer;
    exchange.timings.attempts++;
    exchange.timings.upstreamStart = this.#startedAt;
    exchange.timings.upstreamConnected = -1;
  }

  /** Where it goes. */
  get peer(): Peer {
    return this.#selection.peer;
  }

  /**
   * Sends the request; the phases `upstreamRequest` and `upstreamResponse` are around it.
   *
   * @param failed what comes behind an attempt that failed
   * @param answered gives another answer in the place of one, or null to pass it on
   */
  send(
    body: Body | null,
    failed: (thrown: unknown) => Promise<Reply>,
    answered: ((reply: Reply) => Promise<Reply> | null) | null,
  ): Promise<Reply> {
    const { phases, forwarding } = this.#options;
    const received = (reply: Reply): Reply | Promise<Reply> => {
      try {
        this.#exchange.timings.upstreamHead = this.#exchange.clock.now();
        return (answered === null ? null : answered(reply)) ?? this.pass(reply, failed);
      } catch (thrown) {
        giveUpReply(reply, thrown);
        return failed(thrown);
      }
    };
    try {
      const head = upstreamHead(this.#exchange, this.#selection.peer, forwarding);
      const replying = phases.upstreamRequest.length === 0
        ? this.#exchangeWith(head, body)
        : runHooks(phases.upstreamRequest, this.#exchange, head)
          .then(() => this.#exchangeWith(head, body));
      return replying.then(received, failed);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** Passes an answer on, through the phase `upstreamResponse`. */
  pass(
    reply: Reply,
    failed: (thrown: unknown) => Promise<Reply>,
  ): Reply | Promise<Reply> {
    const { phases, forwarding } = this.#options;
    const exchange = this.#exchange;
    const { status } = reply;
    if (this.#selection.settle !== undefined) {
      exchange.onEnd((end) => this.settle(status, end.error));
    }
    cleanResponse(reply, forwarding);
    if (this.#options.isDirect) exchange.timings.responseHead = exchange.timings.upstreamHead;
    if (phases.upstreamResponse.length === 0) {
      return withBodyHooks(exchange, reply, phases.upstreamResponseBody);
    }
    return runHooks(phases.upstreamResponse, exchange, reply)
      .then(() => withBodyHooks(exchange, reply, phases.upstreamResponseBody))
      .catch((thrown) => {
        giveUpReply(reply, thrown);
        return failed(thrown);
      });
  }

  #exchangeWith(head: RequestHead, body: Body | null): Promise<Reply> {
    const { phases, limits, transport } = this.#options;
    const exchange = this.#exchange;
    let upload = body;
    if (upload !== null && phases.requestBody.hooks.length > 0) {
      const keepsLength = !phases.requestBody.isTransforming;
      if (!keepsLength) head.headers.delete("content-length");
      upload = new HookedBody(upload, { exchange, hooks: phases.requestBody.hooks, keepsLength });
    }
    return transport.exchange(head, upload, {
      peer: this.#selection.peer,
      client: exchange.client,
      cancel: exchange.cancel,
      connectTimeoutMs: limits.connectMs,
      headTimeoutMs: limits.headMs,
      bodyTimeoutMs: limits.bodyMs,
      onConnected: this.#onConnected,
      onInformational: (head) => exchange.inform(head),
    });
  }

  /** Tells the chooser how it went, once. */
  settle(status: number | null, error: ProxyError | null): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const durationMs = this.#exchange.clock.now() - this.#startedAt;
    this.#selection.settle?.({ status, error, durationMs });
  }

  /** Whether sending again does no harm, and nobody objects. */
  mayRetry(error: ProxyError): boolean {
    const exchange = this.#exchange;
    if (exchange.cancel.cancelled) return false;
    if (this.#options.limits.failures?.has(error.kind) && isIdempotent(exchange.request.method)) {
      return true;
    }
    if (error.retry === "if-reused") {
      return this.#connection?.isReused === true && isIdempotent(exchange.request.method);
    }
    if (this.#connection !== null || error.source !== "upstream") return error.retry === "yes";
    let mayRetry = error.retry === "yes";
    for (const hook of this.#options.phases.connectFailed) {
      const decision = hook(exchange, error);
      if (decision === "fail") return false;
      if (decision === "retry") mayRetry = error.retry !== "no";
    }
    return mayRetry;
  }

  readonly #onConnected = (connection: ConnectionInfo): void => {
    this.#connection = connection;
    const exchange = this.#exchange;
    // A reused connection is there at once: that saves a look at the clock.
    exchange.timings.upstreamConnected = connection.isReused
      ? this.#startedAt
      : exchange.clock.now();
    for (const hook of this.#options.phases.connected) hook(exchange, connection);
  };
}

/** A reply whose content passes through the hooks of a phase. */
export function withBodyHooks<State>(
  exchange: Exchange<State>,
  reply: Reply,
  phase: BodyPhase<State>,
  onTrailers?: (trailers: NonNullable<Body["trailers"]>) => void,
): Reply {
  if (reply.body === null || (phase.hooks.length === 0 && onTrailers === undefined)) return reply;
  const keepsLength = !phase.isTransforming;
  // Of a HEAD response the field tells of the content that GET would give, which the hooks have not seen.
  if (!keepsLength || hasNoContent(exchange.request.method, reply.status)) {
    reply.headers.delete("content-length");
  }
  const { hooks } = phase;
  return {
    ...reply,
    body: new HookedBody(reply.body, { exchange, hooks, keepsLength, onTrailers }),
  };
}
