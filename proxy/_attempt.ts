import type { ProxyError } from "../errors/mod.ts";
import {
  type Body,
  type ConnectionInfo,
  type Exchange,
  giveUpReply,
  isIdempotent,
  type Peer,
  type Reply,
  type RequestHead,
  type Selection,
  type SelectOptions,
  type Transport,
} from "../core/mod.ts";
import { cleanResponse, upstreamHead } from "./_heads.ts";
import { HookedBody } from "./_hooked_body.ts";
import type { ForwardingSettings, ProxyLimits } from "./_settings.ts";
import { withBodyHooks } from "./_with_body_hooks.ts";
import { type Phases, runHooks } from "./phases.ts";

/** What attempts need. */
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

/** One attempt: a peer, what is sent to it and what comes back. */
export class Attempt<State> {
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
