import {
  type Exchange,
  type ExchangeObserver,
  httpMetrics,
  type MetricSink,
} from "../../core/mod.ts";

/** What {@linkcode observeService} puts together. */
export interface ObserveServiceOptions {
  /** The access log. */
  readonly observers: readonly ExchangeObserver[];
  /** Where the service counts. */
  readonly metrics: MetricSink | undefined;
}

/** All that looks on at the exchanges of an `HttpService`, as its `onExchange`. */
export function observeService(
  service: string,
  { observers, metrics }: ObserveServiceOptions,
): (exchange: Exchange) => void {
  const counting = metrics === undefined ? [] : [httpMetrics(metrics, { service })];
  const all = [...observers, ...counting];
  return (exchange) => {
    for (const { observe } of all) observe(exchange);
  };
}
