import type { ProxyError } from "../../errors/mod.ts";
import {
  type ExchangeEnd,
  type ExchangeKeeper,
  type Handler,
  ServerExchange,
  toReply,
} from "../http/mod.ts";

/** The exchanges of a listener that have begun and not ended, and the way to end them early. */
export class InFlight implements ExchangeKeeper {
  /** In no order: who ends gives its place to the last one. */
  readonly #exchanges: ServerExchange[] = [];
  #waiting: (() => void)[] = [];
  #reason: ProxyError | null = null;
  #cutCount = 0;
  #begun = 0;

  /** How many there are. */
  get count(): number {
    return this.#exchanges.length;
  }

  /** How many there have been in all. */
  get begun(): number {
    return this.#begun;
  }

  /** How many failed after {@linkcode InFlight.cut}. */
  get cutCount(): number {
    return this.#cutCount;
  }

  /** Notes an exchange until its end. */
  add(exchange: ServerExchange): void {
    this.#begun++;
    exchange.keeper = this;
    exchange.place = this.#exchanges.push(exchange) - 1;
  }

  ended(exchange: ServerExchange, { error }: ExchangeEnd): void {
    const last = this.#exchanges.pop();
    if (last !== undefined && last !== exchange) {
      this.#exchanges[exchange.place] = last;
      last.place = exchange.place;
    }
    if (this.#reason !== null && error !== null) this.#cutCount++;
    if (this.#exchanges.length === 0) this.#tellEmpty();
  }

  /** Settles when there is none; at once when that is so now. */
  whenEmpty(): Promise<void> {
    if (this.#exchanges.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A handler that is not asked any more once everything has been cut. */
  refuse(handler: Handler): Handler {
    return (exchange) => {
      if (this.#reason !== null) throw this.#reason;
      return handler(exchange);
    };
  }

  /** The same, and an answer that is on its way then is not waited for: for engines that cannot do that. */
  guard(handler: Handler): Handler {
    const refusing = this.refuse(handler);
    return (exchange) => {
      const answer = refusing(exchange);
      if (!(answer instanceof Promise) || !(exchange instanceof ServerExchange)) return answer;
      return new Promise((resolve, reject) => {
        exchange.abandon = reject;
        answer.then((reply) => {
          exchange.abandon = null;
          // Nobody takes what comes after the cut.
          if (this.#reason !== null) toReply(reply).body?.cancel(this.#reason);
          resolve(reply);
        }, reject);
      });
    };
  }

  /**
   * Ends everything early, and what begins later too: handlers hear it through `exchange.cancel`,
   * those that do not listen are not waited for, replies on their way break off.
   */
  cut(reason: ProxyError): void {
    this.#reason = reason;
    for (const exchange of [...this.#exchanges]) {
      exchange.abort(reason);
      exchange.abandon?.(reason);
    }
  }

  /** Ends those that the cut did not: a client that reads nothing, a stream that went out natively. */
  endAll(reason: ProxyError): void {
    for (const exchange of [...this.#exchanges]) exchange.end(reason, -1);
  }

  #tellEmpty(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
