import type { Exchange, Handler } from "../http/mod.ts";

/** A middleware that does not look at the user's state, so that it fits into every chain. */
export type AnyMiddleware = <State>(next: Handler<State>) => Handler<State>;

/**
 * Something that looks on from the beginning of an exchange to its end and changes nothing. It goes into
 * a chain as a middleware, or (not both) its `observe` beside one: as `onExchange` of `toFetch` it also
 * sees the requests that are refused before any handler runs.
 */
export interface ExchangeObserver {
  /** Wraps a handler: each exchange that comes to it is observed. */
  <State>(next: Handler<State>): Handler<State>;
  /** Observes one exchange from here to its end. */
  readonly observe: (exchange: Exchange) => void;
}
