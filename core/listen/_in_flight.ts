import type { ProxyError } from "../../errors/mod.ts";
import { type Exchange, type Handler, type ServerExchange, toReply } from "../http/mod.ts";

/** One exchange on its way. */
interface Flight {
  readonly exchange: ServerExchange;
  /** Gives the handler's answer up, while it is waited for. */
  abandon: ((reason: ProxyError) => void) | null;
}

/** The exchanges of a listener that have begun and not ended, and the way to end them early. */
export class InFlight {
  readonly #flights = new Map<Exchange, Flight>();
  #waiting: (() => void)[] = [];
  #reason: ProxyError | null = null;
  #cutCount = 0;
  #begun = 0;

  /** How many there are. */
  get count(): number {
    return this.#flights.size;
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
    this.#flights.set(exchange, { exchange, abandon: null });
    exchange.onEnd(({ error }) => {
      this.#flights.delete(exchange);
      if (this.#reason !== null && error !== null) this.#cutCount++;
      if (this.#flights.size === 0) this.#tellEmpty();
    });
  }

  /** Settles when there is none; at once when that is so now. */
  whenEmpty(): Promise<void> {
    if (this.#flights.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A handler whose answer is not waited for once its exchange has been cut. */
  guard(handler: Handler): Handler {
    return (exchange) => {
      if (this.#reason !== null) throw this.#reason;
      const answer = handler(exchange);
      const flight = this.#flights.get(exchange);
      if (flight === undefined || !(answer instanceof Promise)) return answer;
      return new Promise((resolve, reject) => {
        flight.abandon = reject;
        answer.then((reply) => {
          flight.abandon = null;
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
    for (const { exchange, abandon } of [...this.#flights.values()]) {
      exchange.abort(reason);
      abandon?.(reason);
    }
  }

  /** Ends those that the cut did not: a client that reads nothing, a stream that went out natively. */
  endAll(reason: ProxyError): void {
    for (const { exchange } of [...this.#flights.values()]) exchange.end(reason, -1);
  }

  #tellEmpty(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
