import type { ProxyError } from "../errors/mod.ts";
import {
  apart,
  type Body,
  type ConnectionInfo,
  type Exchange,
  giveUpReply,
  isIdempotent,
  type Peer,
  PendingReply,
  type Reply,
  type ReplyReceiver,
  type RequestHead,
  type ResponseHead,
  type Selection,
  type SelectOptions,
  type Transport,
  type TransportObserver,
} from "../core/mod.ts";
import { cleanResponse, upstreamHead } from "./_heads.ts";
import { HookedBody } from "./_hooked_body.ts";
import type { ForwardingSettings, ProxyLimits } from "./_settings.ts";
import { withBodyHooks } from "./_with_body_hooks.ts";
import type { ReplayableBody } from "./_replayable_body.ts";
import { type Phases, runHooks } from "./phases.ts";

/** What attempts need. */
export interface AttemptsOptions<State> {
  phases: Phases<State>;
  limits: ProxyLimits;
  forwarding: ForwardingSettings;
  transport: Transport;
  /** Whether nobody can make an exchange wait before its first attempt, or its reply behind that. */
  isDirect: boolean;
  /** Whether somebody looks on between an answer and its client, who wants the async context of the exchange. */
  isHooked: boolean;
  /** Answers where no attempt is left; null where `run` is to reject. Saves a promise for each exchange. */
  giveUp: ((exchange: Exchange<State>, error: unknown) => Promise<Reply>) | null;
  select: (
    exchange: Exchange<State>,
    options: SelectOptions,
  ) => Selection | Promise<Selection>;
}

/** How far the attempts of an exchange have come. */
export interface Course extends SelectOptions {
  /** The content, where it may be sent again. */
  readonly replayable: ReplayableBody | null;
}

/** A choice that may have asked several peers, and tells by which connection it ends. */
interface AttemptSelection extends Selection {
  readonly connection?: ConnectionInfo | null;
}

/** What attempts need, and what comes behind them. */
export interface Aftermath<State> {
  readonly options: AttemptsOptions<State>;
  /** Another attempt behind one that failed, or its error. */
  goOn(attempt: Attempt<State>, thrown: unknown): Promise<Reply>;
  /** Another answer in the place of one, or null to pass it on; null itself where all are passed on. */
  readonly askAgain: ((attempt: Attempt<State>, reply: Reply) => Promise<Reply> | null) | null;
}

/** One attempt: a peer, what is sent to it and what comes back. */
export class Attempt<State> implements ReplyReceiver, TransportObserver {
  readonly exchange: Exchange<State>;
  readonly course: Course;
  readonly #aftermath: Aftermath<State>;
  readonly #pending = new PendingReply();
  readonly #selection: AttemptSelection;
  readonly #options: AttemptsOptions<State>;
  #startedAt = -1;
  #connection: ConnectionInfo | null = null;
  #isSettled = false;

  constructor(
    aftermath: Aftermath<State>,
    exchange: Exchange<State>,
    course: Course,
    selection: AttemptSelection,
  ) {
    this.#aftermath = aftermath;
    this.#options = aftermath.options;
    this.exchange = exchange;
    this.course = course;
    this.#selection = selection;
  }

  /** Where it goes. */
  get peer(): Peer {
    return this.#selection.peer;
  }

  /**
   * Sends the request; the phases `upstreamRequest` and `upstreamResponse` are around it.
   *
   * @param now what the exchange's clock says
   */
  send(now: number): PendingReply {
    const { phases, forwarding } = this.#options;
    const { exchange, course: { replayable } } = this;
    exchange.peer = this.#selection.peer;
    exchange.timings.attempts++;
    exchange.timings.upstreamStart = this.#startedAt = now;
    exchange.timings.upstreamConnected = -1;
    const body = replayable === null ? exchange.body : replayable.attempt();
    try {
      const head = upstreamHead(exchange, this.#selection.peer, forwarding);
      this.#await(
        phases.upstreamRequest.length === 0
          ? this.#exchangeWith(head, body)
          : runHooks(phases.upstreamRequest, exchange, head)
            .then(() => this.#exchangeWith(head, body)),
      );
    } catch (thrown) {
      this.failed(thrown);
    }
    return this.#pending;
  }

  #await(replying: Promise<Reply>): void {
    const { isHooked } = this.#options;
    if (replying instanceof PendingReply && !isHooked) return replying.handTo(this);
    replying.then(
      isHooked
        ? (reply) => this.replied(reply)
        : (reply) => apart((given) => this.replied(given), reply),
      (thrown) => this.failed(thrown),
    );
  }

  /** The upstream has answered. */
  replied(reply: Reply): void {
    let passed: Reply | Promise<Reply>;
    try {
      this.exchange.timings.upstreamHead = this.exchange.clock.now();
      passed = this.#aftermath.askAgain?.(this, reply) ?? this.pass(reply);
    } catch (thrown) {
      giveUpReply(reply, thrown);
      return this.failed(thrown);
    }
    if (passed instanceof Promise) this.#follow(passed);
    else this.#pending.resolve(passed);
  }

  /** There is no answer, or none that can be passed on. */
  failed(thrown: unknown): void {
    this.#follow(this.#aftermath.goOn(this, thrown));
  }

  #follow(reply: Promise<Reply>): void {
    const pending = this.#pending;
    reply.then(
      (late) => apart((given) => pending.resolve(given), late),
      (thrown) => apart((reason) => pending.reject(reason), thrown),
    );
  }

  /** Passes an answer on, through the phase `upstreamResponse`. */
  pass(reply: Reply): Reply | Promise<Reply> {
    const { phases, forwarding } = this.#options;
    const { exchange } = this;
    const { status } = reply;
    if (this.#selection.settle !== undefined) {
      exchange.onEnd(({ durationMs, error }) => {
        this.#settle(status, error, exchange.timings.start + durationMs);
      });
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
        return this.#aftermath.goOn(this, thrown);
      });
  }

  #exchangeWith(head: RequestHead, body: Body | null): Promise<Reply> {
    const { phases, limits, transport } = this.#options;
    const exchange = this.exchange;
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
      observer: this,
    });
  }

  /** Tells the chooser how it went, once. */
  settle(status: number | null, error: ProxyError | null): void {
    this.#settle(status, error, this.exchange.clock.now());
  }

  #settle(status: number | null, error: ProxyError | null, now: number): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#selection.settle?.({ status, error, durationMs: now - this.#startedAt });
  }

  /** Whether sending again does no harm, and nobody objects. */
  mayRetry(error: ProxyError): boolean {
    const exchange = this.exchange;
    if (exchange.cancel.cancelled) return false;
    if (this.#options.limits.failures?.has(error.kind) && isIdempotent(exchange.request.method)) {
      return true;
    }
    const { connection = this.#connection } = this.#selection;
    if (error.retry === "if-reused") {
      return connection?.isReused === true && isIdempotent(exchange.request.method);
    }
    if (connection !== null || error.source !== "upstream") return error.retry === "yes";
    let mayRetry = error.retry === "yes";
    for (const hook of this.#options.phases.connectFailed) {
      const decision = hook(exchange, error);
      if (decision === "fail") return false;
      if (decision === "retry") mayRetry = error.retry !== "no";
    }
    return mayRetry;
  }

  /** The connection is there; nothing has been sent. */
  connected(connection: ConnectionInfo): void {
    this.#connection = connection;
    const exchange = this.exchange;
    // A reused connection is there at once: that saves a look at the clock.
    exchange.timings.upstreamConnected = connection.isReused
      ? this.#startedAt
      : exchange.clock.now();
    for (const hook of this.#options.phases.connected) hook(exchange, connection);
  }

  /** An interim response has come. */
  informed(head: ResponseHead): void {
    this.exchange.inform(head);
  }
}
