import { ProxyError } from "../errors/mod.ts";
import { TimerWheel } from "../timeout/mod.ts";
import {
  compose,
  countForward,
  errorReply,
  type Exchange,
  type FetchHandler,
  giveUpReply,
  type Handler,
  http1Transport,
  type Reply,
  reply,
  toFetch,
  toReply,
  type Transport,
  untilCancelled,
} from "../core/mod.ts";
import { Attempts } from "./_attempts.ts";
import { failedAnswer } from "./_failed_answer.ts";
import { Hedging } from "./_hedging.ts";
import { ALLOWED_METHODS, checkMethod, checkRequest } from "./_heads.ts";
import { forwardingOf, type ForwardingSettings, limitsOf, selectorOf } from "./_settings.ts";
import { withBodyHooks } from "./_with_body_hooks.ts";
import type { HedgeStatistics } from "./hedge_options.ts";
import type { HttpProxyOptions } from "./options.ts";
import { compilePhases, firstAnswer, type Phases, runHooks } from "./phases.ts";

/**
 * A reverse proxy as a program of phases.
 *
 * Each request runs through the phases of {@linkcode Filter} in their order; a phase that no filter
 * hooks into costs nothing. Hop-by-hop fields end here, `X-Forwarded-*` and `Via` are written, content
 * streams in both directions at the pace of the slower side, whichever side leaves the other one is told,
 * and requests are sent again only where that cannot do harm.
 *
 * @template State the per-request state of the user's filters
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memoryTransport, reply } from "@pingo/pingo/core";
 * import { HttpProxy } from "@pingo/pingo/proxy";
 *
 * const proxy = new HttpProxy({
 *   upstream: "app:8080",
 *   transport: memoryTransport((exchange) => {
 *     return reply(200, exchange.request.headers.get("x-user") ?? "nobody");
 *   }),
 *   newState: () => ({ user: "ann" }),
 *   filters: [{
 *     request: ({ path }) => path === "/private" ? reply(403) : undefined,
 *     upstreamRequest: (exchange, head) => head.headers.set("x-user", exchange.state.user),
 *   }],
 * });
 * // The same as Deno.serve(proxy.fetch).
 * const open = await proxy.fetch(new Request("http://localhost/"));
 * assertEquals(await open.text(), "ann");
 * const closed = await proxy.fetch(new Request("http://localhost/private"));
 * assertEquals(closed.status, 403);
 * ```
 */
export class HttpProxy<State = unknown> implements AsyncDisposable {
  /** Answers one exchange; never rejects. For `listen` and `compose`. */
  readonly handle: Handler<State>;
  /** The same for `Deno.serve`, `deno serve` and Hono's `mount`; it works apart from the proxy. */
  readonly fetch: FetchHandler;
  readonly #options: HttpProxyOptions<State>;
  readonly #phases: Phases<State>;
  readonly #forwarding: ForwardingSettings;
  readonly #transport: Transport;
  readonly #hedging: Hedging<State> | null;
  readonly #attempts: Attempts<State>;
  readonly #wheel: TimerWheel;
  readonly #totalMs: number | undefined;
  readonly #hasNoMiddleware: boolean;
  /** Everything after `earlyRequest`. */
  readonly #afterEarly: Handler<State>;
  /** `proxyUpstream` to `upstreamResponseBody`. */
  readonly #upstreamSide: (exchange: Exchange<State>) => Promise<Reply>;
  readonly #hasResponseHooks: boolean;
  /** Whether the page of a failure can be made where it is found: nobody is between there and here. */
  readonly #answersFailures: boolean;

  /**
   * Makes a proxy; it listens nowhere yet.
   *
   * @throws {RangeError} when a number is out of its range
   * @throws {TypeError} when an address cannot be understood or a hook is no function
   */
  constructor(options: HttpProxyOptions<State>) {
    this.#options = options;
    this.#phases = compilePhases(options.filters ?? []);
    this.#forwarding = forwardingOf(options.forwarding, options.random);
    const { response, responseBody, responseTrailers, proxyUpstream } = this.#phases;
    this.#hasResponseHooks =
      response.length + responseBody.hooks.length + responseTrailers.length > 0;
    this.#answersFailures = !this.#hasResponseHooks && options.cache === undefined &&
      proxyUpstream.length === 0;
    const limits = limitsOf(options);
    this.#totalMs = limits.totalMs;
    this.#wheel = options.wheel ?? new TimerWheel();
    this.#transport = options.transport ?? http1Transport({ wheel: this.#wheel });
    const select = selectorOf(options.upstream);
    const { hedge = null } = options;
    const hedging = this.#hedging = hedge === null ? null : new Hedging({
      hedge,
      phases: this.#phases,
      forwarding: this.#forwarding,
      transport: this.#transport,
      retryBudget: limits.budget,
      select,
    });
    this.#attempts = new Attempts({
      phases: this.#phases,
      limits,
      forwarding: this.#forwarding,
      transport: hedging?.transport ?? this.#transport,
      isDirect: isDirect(options, this.#phases),
      isHooked: !isDirect(options, this.#phases) || this.#phases.failed.length > 0 ||
        limits.statuses !== null,
      giveUp: this.#answersFailures ? (exchange, error) => this.#fail(exchange, error) : null,
      select: hedging?.select ?? select,
    });
    const { middleware = [], cache } = options;
    this.#hasNoMiddleware = middleware.length === 0;
    // Where nobody looks on, one promise less.
    const upstreamSide: (exchange: Exchange<State>) => Promise<Reply> =
      this.#phases.proxyUpstream.length === 0
        ? (exchange) => this.#attempts.run(exchange)
        : (exchange) => this.#fromUpstream(exchange);
    const cached = cache?.(upstreamSide);
    this.#upstreamSide = cached === undefined
      ? upstreamSide
      : (exchange) => replyInTime(cached(exchange), exchange);
    this.#afterEarly = compose(middleware, (exchange) => this.#answer(exchange));
    this.handle = (exchange) => this.#handle(exchange);
    // Who makes an exchange cannot know the user's state: it is set before the first phase.
    this.fetch = toFetch(this.handle as Handler);
  }

  /** What carries its requests to upstreams. */
  get transport(): Transport {
    return this.#transport;
  }

  /** What came of hedging; null where it is off. */
  get hedges(): HedgeStatistics | null {
    if (this.#hedging === null) return null;
    const { sent, won } = this.#hedging;
    return { sent, won };
  }

  /** Closes what the proxy opened itself: connections to upstreams, and its timers. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#options.transport === undefined) await this.#transport[Symbol.asyncDispose]();
    if (this.#options.wheel === undefined) this.#wheel[Symbol.dispose]();
  }

  /** Begins an exchange. An async function costs a kilobyte: where nobody makes it wait it is none. */
  #handle(exchange: Exchange<State>): Promise<Reply> {
    const { newState } = this.#options;
    const { earlyRequest, finished } = this.#phases;
    if (finished.length > 0) this.#whenFinished(exchange);
    if (this.#totalMs !== undefined) this.#limitTime(exchange, this.#totalMs);
    try {
      if (newState !== undefined) exchange.state = newState(exchange);
    } catch (error) {
      return this.#fail(exchange, error);
    }
    const isDirect = earlyRequest.length === 0 && this.#hasNoMiddleware;
    return isDirect ? this.#answer(exchange) : this.#runMiddleware(exchange);
  }

  async #runMiddleware(exchange: Exchange<State>): Promise<Reply> {
    try {
      await runHooks(this.#phases.earlyRequest, exchange, undefined);
      return await replyInTime(this.#afterEarly(exchange), exchange);
    } catch (error) {
      return await this.#fail(exchange, error);
    }
  }

  /** The innermost handler below the middlewares: request phase, upstream or cache, response phase. */
  #answer(exchange: Exchange<State>): Promise<Reply> {
    const { request } = this.#phases;
    try {
      checkRequest(exchange, this.#forwarding);
      if (!countForward(exchange.request)) return Promise.resolve(lastHop(exchange));
      if (request.length > 0) return this.#answerHooked(exchange);
      checkMethod(exchange);
      return this.#forward(exchange);
    } catch (error) {
      return this.#fail(exchange, error);
    }
  }

  async #answerHooked(exchange: Exchange<State>): Promise<Reply> {
    try {
      const answer = await firstAnswer(this.#phases.request, exchange, undefined);
      if (answer !== null) return answer;
      checkMethod(exchange);
      return await this.#forward(exchange);
    } catch (error) {
      return await this.#fail(exchange, error);
    }
  }

  /** Upstream or cache, and the response phases where somebody hooks into them. */
  #forward(exchange: Exchange<State>): Promise<Reply> {
    const reply = this.#hasResponseHooks ? this.#respond(exchange) : this.#upstreamSide(exchange);
    return this.#answersFailures ? reply : reply.catch((error) => this.#fail(exchange, error));
  }

  async #respond(exchange: Exchange<State>): Promise<Reply> {
    const { response, responseBody, responseTrailers } = this.#phases;
    const reply = await this.#upstreamSide(exchange);
    try {
      if (response.length > 0) await runHooks(response, exchange, reply);
    } catch (error) {
      giveUpReply(reply, error);
      throw error;
    }
    const onTrailers = responseTrailers.length === 0 ? undefined : (trailers: Trailers) => {
      for (const hook of responseTrailers) hook(exchange, trailers);
    };
    return withBodyHooks(exchange, reply, responseBody, onTrailers);
  }

  async #fromUpstream(exchange: Exchange<State>): Promise<Reply> {
    const answer = await firstAnswer(this.#phases.proxyUpstream, exchange, undefined);
    return answer ?? await this.#attempts.run(exchange);
  }

  /** The error page: a filter's own, or the standard one. */
  async #fail(exchange: Exchange<State>, thrown: unknown): Promise<Reply> {
    const { name: proxyName, showErrorDetail: showDetail } = this.#options;
    let error = ProxyError.from(thrown, "filter_failed");
    exchange.error ??= error;
    exchange.body?.cancel(error);
    try {
      if (this.#phases.failed.length > 0) {
        const answer = await failedAnswer(this.#phases.failed, exchange, error, this.#wheel);
        if (answer !== null) return answer;
      }
    } catch (another) {
      error = ProxyError.from(another, "filter_failed");
    }
    return errorReply(error, exchange, { proxyName, showDetail });
  }

  #whenFinished(exchange: Exchange<State>): void {
    exchange.onEnd((end) => {
      for (const hook of this.#phases.finished) {
        try {
          hook(exchange, end);
        } catch (error) {
          const { onHookError } = this.#options;
          if (onHookError === undefined) queueMicrotask(() => rethrow(error));
          else onHookError(error, exchange);
        }
      }
    });
  }

  #limitTime(exchange: Exchange<State>, totalMs: number): void {
    const timer = this.#wheel.timer(() => {
      exchange.abort(
        new ProxyError(
          "deadline_exceeded",
          `Cannot finish the exchange: it took longer than ${totalMs} ms`,
        ),
      );
    });
    timer.arm(totalMs);
    exchange.onEnd(() => timer.disarm());
  }
}

/** Whether requests go straight to their upstream, and replies straight to their client. */
function isDirect<State>(options: HttpProxyOptions<State>, phases: Phases<State>): boolean {
  const { earlyRequest, request, proxyUpstream, upstreamRequest, upstreamResponse, response } =
    phases;
  const waits = [earlyRequest, request, proxyUpstream, upstreamRequest, upstreamResponse, response];
  return options.cache === undefined && (options.middleware ?? []).length === 0 &&
    waits.every((hooks) => hooks.length === 0);
}

type Trailers = NonNullable<Reply["body"]>["trailers"] & object;

/** Answers where `Max-Forwards: 0` says that a request is not to go on (RFC 9110 §7.6.2). */
function lastHop(exchange: Exchange): Reply {
  if (exchange.request.method === "OPTIONS") {
    return reply(204, null, { headers: { allow: ALLOWED_METHODS } });
  }
  throw new ProxyError("not_implemented", "Cannot answer TRACE: its content may hold credentials");
}

/**
 * What a user's handler gives, waited for no longer than the exchange goes on; what comes later is given
 * up. The handler's own part in it, which may never settle, holds nothing of the exchange.
 */
async function replyInTime<State>(
  answer: Reply | Response | Promise<Reply | Response>,
  exchange: Exchange<State>,
): Promise<Reply> {
  if (!(answer instanceof Promise)) return toReply(answer);
  try {
    return toReply(await untilCancelled(answer, exchange.cancel));
  } catch (error) {
    if (exchange.cancel.cancelled) answer.then(giveUp, () => {});
    throw error;
  }
}

function giveUp(late: Reply | Response): void {
  const reply = toReply(late);
  giveUpReply(reply);
  reply.release?.();
}

function rethrow(error: unknown): never {
  throw error;
}
