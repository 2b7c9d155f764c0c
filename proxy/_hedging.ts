import {
  type Cancel,
  type Exchange,
  isIdempotent,
  type Peer,
  type RequestHead,
  type Selection,
  type SelectOptions,
  type Transport,
} from "../core/mod.ts";
import { type Clock, RetryBudget, systemClock } from "../timeout/mod.ts";
import { upstreamHead } from "./_heads.ts";
import { HedgedRace } from "./_hedged_race.ts";
import type { ForwardingSettings } from "./_settings.ts";
import type { HedgeStatistics, ProxyHedge } from "./hedge_options.ts";
import { isThenable, type Phases, runHooks } from "./phases.ts";

/** What {@linkcode Hedging} stands between. */
export interface HedgingOptions<State> {
  readonly hedge: ProxyHedge;
  readonly phases: Phases<State>;
  readonly forwarding: ForwardingSettings;
  readonly transport: Transport;
  /** That of retries, which every request pays already. */
  readonly retryBudget: RetryBudget | null;
  readonly select: (
    exchange: Exchange<State>,
    options: SelectOptions,
  ) => Selection | Promise<Selection>;
}

/**
 * Stands between the attempts of a proxy and what chooses peers and carries requests, so that attempts know
 * nothing of it and a proxy without it has nothing of it on its way.
 */
export class Hedging<State> implements HedgeStatistics {
  /** In the place of what chooses. */
  readonly select: HedgingOptions<State>["select"];
  /** In the place of what carries. */
  readonly transport: Transport;
  /** What carries. */
  readonly carrier: Transport;
  /** What chooses. */
  readonly choose: HedgingOptions<State>["select"];
  readonly budget: RetryBudget;
  /** Runs the delay. */
  readonly clock: Clock;
  sent = 0;
  won = 0;
  readonly #options: HedgingOptions<State>;
  /** Whether somebody else lets requests pay the budget. */
  readonly #isPaid: boolean;
  /** By what the transport is told of an exchange. */
  readonly #races = new WeakMap<Cancel, HedgedRace<State>>();

  /** @throws {RangeError} when the delay is negative or not finite */
  constructor(options: HedgingOptions<State>) {
    const { hedge: { delayMs, budget, clock = systemClock }, transport, select } = options;
    if (typeof delayMs === "number" && !(delayMs >= 0 && delayMs < Infinity)) {
      throw new RangeError(
        `Cannot create HttpProxy: hedge.delayMs ${delayMs} is not a finite number from 0 on`,
      );
    }
    this.#options = options;
    this.budget = budget ?? new RetryBudget({ ratio: 0.05, minPerSecond: 1 });
    this.#isPaid = this.budget === options.retryBudget;
    this.clock = clock;
    this.carrier = transport;
    this.choose = select;
    this.select = (exchange, options) => this.#select(exchange, options);
    this.transport = {
      exchange: (head, body, options) => {
        const race = this.#races.get(options.cancel);
        return race === undefined
          ? transport.exchange(head, body, options)
          : race.run(head, options);
      },
      [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
    };
  }

  /** How long to wait now; Infinity where the estimate is none. */
  get currentDelayMs(): number {
    const { delayMs } = this.#options.hedge;
    const ms = typeof delayMs === "number" ? delayMs : delayMs.currentMs;
    return ms >= 0 ? ms : Infinity;
  }

  /** Tells the estimate, where there is one. */
  measure(latencyMs: number): void {
    const { delayMs } = this.#options.hedge;
    if (typeof delayMs !== "number") delayMs.record(Math.max(0, latencyMs));
  }

  /** The head for another peer: a fresh copy, with the filters' changes. */
  async headFor(exchange: Exchange<State>, peer: Peer): Promise<RequestHead> {
    const { phases, forwarding } = this.#options;
    const head = upstreamHead(exchange, peer, forwarding);
    if (phases.upstreamRequest.length > 0) {
      await runHooks(phases.upstreamRequest, exchange, head);
    }
    return head;
  }

  #select(exchange: Exchange<State>, options: SelectOptions): Selection | Promise<Selection> {
    if (!mayBeHedged(exchange)) return this.choose(exchange, options);
    const before = this.#races.get(exchange.cancel);
    if (before === undefined && !this.#isPaid) this.budget.deposit();
    const tried = before?.asked ?? options.tried;
    const chosen = this.choose(exchange, before === undefined ? options : { ...options, tried });
    return isThenable(chosen)
      ? chosen.then((selection) => this.#race(exchange, selection, tried))
      : this.#race(exchange, chosen, tried);
  }

  #race(
    exchange: Exchange<State>,
    selection: Selection,
    tried: readonly Peer[],
  ): HedgedRace<State> {
    const race = new HedgedRace(this, exchange, selection, tried);
    this.#races.set(exchange.cancel, race);
    return race;
  }
}

/** Whether a request may arrive twice at the same time (RFC 9110 §9.2.2), and is small. */
function mayBeHedged({ body, request: { method, headers } }: Exchange): boolean {
  return body === null && isIdempotent(method) && !headers.has("upgrade");
}
