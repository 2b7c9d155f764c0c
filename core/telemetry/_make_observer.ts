import type { Exchange, Handler } from "../http/mod.ts";
import type { ExchangeObserver } from "./exchange_observer.ts";

/** Both forms of an observer out of the one function. */
export function makeObserver(observe: (exchange: Exchange) => void): ExchangeObserver {
  // Not async: looking on costs a handler no promise.
  function middleware<State>(next: Handler<State>): Handler<State> {
    return (exchange) => {
      observe(exchange);
      return next(exchange);
    };
  }
  return Object.assign(middleware, { observe });
}
